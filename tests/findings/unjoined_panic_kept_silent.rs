//# title: a thread panicked, and whoever has its handle may ask yet
//# silent: unjoined_panic
use std::thread;
use std::time::Duration;
let worker = thread::spawn(|| panic!("not joined yet"));
while !worker.is_finished() { thread::sleep(Duration::from_millis(1)); }
