//# title: a thread that runs on when the cell has ended
//# finds: running_at_end
//# fresh: yes
use std::thread;
use std::time::Duration;
thread::spawn(|| thread::sleep(Duration::from_secs(5))); //@ place
