//# title: a lock held across a sleep that made nobody wait
//# silent: held_across_wait
use std::sync::Mutex;
use std::thread;
use std::time::Duration;
{
    let shared = Mutex::new(0);
    {
        let _held = shared.lock().unwrap();
        thread::sleep(Duration::from_millis(100));
    }
    thread::scope(|s| { s.spawn(|| *shared.lock().unwrap() += 1); });
}
