//# title: a thread that runs on while its handle is kept for the next cell
//# silent: running_at_end
//# fresh: yes
use std::thread;
use std::time::Duration;
let kept = thread::spawn(|| thread::sleep(Duration::from_secs(1)));
