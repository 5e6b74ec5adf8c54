//# title: an initialiser for which three threads wait
//# initialiser config: kind=OnceLock, initialisations=1
//# lock done: acquisitions=4
use std::sync::{Barrier, Mutex, OnceLock};
use std::thread;
use std::time::Duration;
{
    let config: OnceLock<u32> = OnceLock::new();
    let done = Mutex::new(0);
    let start = Barrier::new(4);
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                start.wait();
                let value = config.get_or_init(|| {
                    thread::sleep(Duration::from_millis(100));
                    80
                });
                *done.lock().unwrap() += value;
            });
        }
    });
}
