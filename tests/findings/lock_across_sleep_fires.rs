//# title: a lock held across a sleep, while another waits for it
//# finds: held_across_wait
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
let shared = Arc::new(Mutex::new(0));
let (tell, told) = mpsc::channel();
let holder = thread::spawn({
    let shared = shared.clone();
    move || {
        let mut n = shared.lock().unwrap();
        tell.send(()).unwrap();
        thread::sleep(Duration::from_millis(200)); //@ place
        *n += 1;
    }
});
told.recv().unwrap();
*shared.lock().unwrap() += 1;
holder.join().unwrap();
