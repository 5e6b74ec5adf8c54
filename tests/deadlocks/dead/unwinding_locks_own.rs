//# title: a thread that panics rolls back in a drop, which locks what the thread still holds
//# threads: T2
//# objects: journal
//# fresh: yes
use std::sync::{Arc, Mutex};
use std::thread;

type Journal = Mutex<Vec<&'static str>>;

struct Rollback(Arc<Journal>);
impl Drop for Rollback {
    fn drop(&mut self) {
        if let Ok(mut page) = self.0.lock() { //@ stuck
            page.push("rolled back");
        }
    }
}
fn write(journal: &Arc<Journal>) {
    let mut page = journal.lock().unwrap();
    let _undo = Rollback(journal.clone());
    page.push("begin");
    panic!("no ink");
}
{
    let journal: Arc<Journal> = Arc::new(Mutex::new(vec![]));
    let writer = thread::spawn({
        let journal = journal.clone();
        move || write(&journal)
    });
    println!("{}", writer.join().is_err());
}
