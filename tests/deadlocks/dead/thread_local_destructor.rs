//# title: a thread that ends wants, in a thread local's destructor, the lock of who joins it
//# threads: T1, T2
//# objects: journal
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::thread;

struct Signature(Arc<Mutex<Vec<&'static str>>>);
impl Drop for Signature {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("signed off"); //@ stuck
    }
}
thread_local! {
    static SIGNATURE: RefCell<Option<Signature>> = const { RefCell::new(None) };
}
{
    let journal = Arc::new(Mutex::new(Vec::new()));
    let signature = Signature(journal.clone());
    let page = journal.lock().unwrap();
    let worker = thread::spawn(move || SIGNATURE.set(Some(signature)));
    worker.join().unwrap(); //@ stuck
    println!("{page:?}");
}
