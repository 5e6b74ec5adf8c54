//# title: a guard that is dropped on the spot
//# finds: let_underscore_lock
use std::sync::Mutex;
use std::thread;
{
    let shared = Mutex::new(0);
    thread::scope(|s| {
        s.spawn(|| {
            let _ = shared.lock(); //@ place
            thread::sleep(std::time::Duration::from_millis(20));
        });
    });
}
