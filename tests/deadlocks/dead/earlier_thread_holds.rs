//# title: a thread of an earlier cell holds the lock until main sends, and main wants the lock
//# objects: vault
//# fresh: yes
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

let vault = Arc::new(Mutex::new(1));
let (order, orders) = mpsc::channel::<u32>();
let (locked, is_locked) = mpsc::channel::<()>();
let keeper = thread::spawn({
    let vault = vault.clone();
    move || {
        let mut content = vault.lock().unwrap();
        locked.send(()).unwrap();
        if let Ok(n) = orders.recv() { //@ stuck
            *content += n;
        }
    }
});
is_locked.recv().unwrap();
//# cell
println!("{}", vault.lock().unwrap()); //@ stuck
order.send(5).unwrap();
