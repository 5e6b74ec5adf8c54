//# title: all spawned first, then all joined
//# silent: serial_spawns
use std::thread;
use std::time::Duration;
let all: Vec<_> = (0..5).map(|_| thread::spawn(|| thread::sleep(Duration::from_millis(20)))).collect();
for t in all { t.join().unwrap(); }
