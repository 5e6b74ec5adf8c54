//# title: a logger kept from an earlier cell joins its thread before its own sender is dropped
//# threads: T1
//# objects: lines
//# fresh: yes
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
struct Logger {
    lines: Sender<String>,
    writer: Option<JoinHandle<()>>,
}
impl Logger {
    fn new() -> Logger {
        let (lines, written) = mpsc::channel::<String>();
        let writer = thread::spawn(move || {
            for line in written { //@ stuck
                println!("{line}");
            }
        });
        Logger { lines, writer: Some(writer) }
    }
}
impl Drop for Logger {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            let _ = writer.join(); //@ stuck
        }
    }
}
let logger = Logger::new();
//# cell
logger.lines.send("first".into()).unwrap();
//# cell
drop(logger);
