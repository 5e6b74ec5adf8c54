//# title: one thread waits for ever, and the other's wait runs out and notifies it
//# stdout: done
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

{
    let pair = Arc::new((Mutex::new(false), Condvar::new(), Condvar::new()));
    let patient = thread::spawn({
        let pair = pair.clone();
        move || drop(pair.1.wait_while(pair.0.lock().unwrap(), |go| !*go).unwrap())
    });
    let (mut go, _) =
        pair.2.wait_timeout(pair.0.lock().unwrap(), Duration::from_millis(400)).unwrap();
    *go = true;
    drop(go);
    pair.1.notify_one();
    patient.join().unwrap();
    println!("done");
}
