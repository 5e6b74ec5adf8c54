//! What must not outlive a kernel: the processes that its cells and compilers have started.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, getsid, kill_process};

/// How long a process may take to end by itself.
const GRACE: Duration = Duration::from_millis(200);

/// Ends all other processes of this kernel's session: first politely, then not.
///
/// Jupyter makes each kernel the leader of a session of its own. A kernel that was started
/// otherwise, from a terminal say, shares its session with others and leaves them alone; so it does
/// with what a cell has detached by `setsid`.
pub fn end_processes() {
    if getsid(None) != Ok(getpid()) || members().is_empty() {
        return;
    }
    signal(Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while !members().is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(Signal::KILL);
}

fn signal(signal: Signal) {
    for process in members() {
        // It may just have ended.
        let _ = kill_process(process, signal);
    }
}

/// The living processes of this session, without this one.
fn members() -> Vec<Pid> {
    let own = getpid();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .filter(|process| *process != own && is_member(*process, own))
        .collect()
}

fn is_member(process: Pid, session: Pid) -> bool {
    let path = format!("/proc/{}/stat", process.as_raw_pid());
    std::fs::read_to_string(path)
        .ok()
        .and_then(|stat| session_of_living(&stat))
        .is_some_and(|id| id == session.as_raw_pid())
}

/// The session in a line of `/proc/…/stat`, unless the process has ended and only waits for its
/// parent.
fn session_of_living(stat: &str) -> Option<i32> {
    // The name in parentheses may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?;
    let session = fields.nth(2)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_stat_tells_the_session() {
        assert_eq!(session_of_living("7 (a) b) S 1 7 5 0 -1"), Some(5));
        assert_eq!(session_of_living("7 (sh) Z 1 7 5 0 -1"), None);
        assert_eq!(session_of_living("nonsense"), None);
    }

    #[test]
    fn children_are_members_and_this_process_is_not() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let session = getsid(None).unwrap();
        let process = Pid::from_child(&child);
        assert!(is_member(process, session));
        assert!(!members().contains(&getpid()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_member(process, session));
    }
}
