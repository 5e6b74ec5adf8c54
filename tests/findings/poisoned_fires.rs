//# title: a panic under a lock
//# finds: poisoned
use std::sync::{Arc, Mutex};
use std::thread;
let fragile = Arc::new(Mutex::new(0));
{
    let fragile = fragile.clone();
    let _ = thread::spawn(move || { let _guard = fragile.lock().unwrap(); panic!("oh"); }).join(); //@ place
}
