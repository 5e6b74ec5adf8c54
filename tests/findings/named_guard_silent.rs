//# title: a guard that is kept
//# silent: let_underscore_lock
use std::sync::Mutex;
use std::thread;
{
    let shared = Mutex::new(0);
    thread::scope(|s| {
        s.spawn(|| {
            let _guard = shared.lock().unwrap();
            thread::sleep(std::time::Duration::from_millis(20));
        });
        s.spawn(|| *shared.lock().unwrap() += 1);
    });
}
