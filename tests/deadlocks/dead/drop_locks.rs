//# title: while the thread unwinds, a destructor unwraps the lock that has just been poisoned
//# objects: total
use std::sync::{Arc, Mutex};

struct Connection(Arc<Mutex<Vec<&'static str>>>);
impl Drop for Connection {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("closed");
    }
}
{
    let log = Arc::new(Mutex::new(vec!["open"]));
    let total = Mutex::new(0);
    let _connection = Connection(log.clone());
    let mut log = log.lock().unwrap();
    log.push("adding");
    let sum = total.lock().unwrap();
    *total.lock().unwrap() += *sum; //@ stuck
}
