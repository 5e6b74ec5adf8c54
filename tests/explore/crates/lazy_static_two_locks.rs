// Two locks in statics, taken in two orders.
// fails: deadlock
:dep lazy_static = "1"
use lazy_static::lazy_static;
use std::sync::Mutex;
use std::thread;

lazy_static! {
    static ref USERS: Mutex<Vec<&'static str>> = Mutex::new(vec!["ann"]);
    static ref LOG: Mutex<Vec<String>> = Mutex::new(vec![]);
}

fn rename(to: &'static str) {
    let mut users = USERS.lock().unwrap();
    users[0] = to;
    LOG.lock().unwrap().push(format!("renamed to {to}"));
}

fn print() -> usize {
    let log = LOG.lock().unwrap();
    log.len() + USERS.lock().unwrap().len()
}

fn main() {
    let other = thread::spawn(|| rename("bob"));
    print();
    other.join().unwrap();
}
