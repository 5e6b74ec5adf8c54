//# title: the notifier computes and sleeps first
//# stdout: done true
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

{
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let late = pair.clone();
    let notifier = thread::spawn(move || {
        thread::sleep(Duration::from_millis(600));
        *late.0.lock().unwrap() = true;
        late.1.notify_all();
    });
    let guard = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
    println!("done {}", *guard);
    drop(guard);
    notifier.join().unwrap();
}
