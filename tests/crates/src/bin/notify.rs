//! notify: its own thread watches a folder and reports a new file through a std channel.

use notify::{RecursiveMode, Watcher};
use std::sync::mpsc;
use std::time::Duration;

fn main() {
    let folder = std::env::temp_dir().join(format!("crates-notify-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (sender, events) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(sender).unwrap();
    watcher.watch(&folder, RecursiveMode::NonRecursive).unwrap();
    std::fs::write(folder.join("new.txt"), "hello").unwrap();
    let event = events.recv_timeout(Duration::from_secs(10)).unwrap().unwrap();
    assert!(event.paths.iter().any(|path| path.ends_with("new.txt")));
    drop(watcher);
    std::fs::remove_dir_all(&folder).unwrap();
}
