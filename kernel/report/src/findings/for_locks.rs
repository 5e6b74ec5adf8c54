//! What to change about threads that wait for each other's locks.

/// Most locks told by name.
const LOCKS: usize = 5;

/// Of those that wait for these locks, in order of their creation, which others of them hold.
pub(crate) fn in_order(names: &[String]) -> String {
    if names.len() < 2 {
        return "Hold the guard no longer than needed: drop it before waiting for it again."
            .to_owned();
    }
    format!(
        "Take the locks in the same order everywhere, first {}; or hold only one at a time: drop \
         the first guard before locking the next.",
        names[..names.len().min(LOCKS)].join(", then ")
    )
}

/// Of who waits for something else with this lock in hand.
pub(crate) fn held_while_waiting(name: &str) -> String {
    format!(
        "Don't wait for another thread while holding a lock that it needs: drop the guard of \
         {name} before."
    )
}
