//# title: a thread panicked and nobody asked
//# finds: unjoined_panic
use std::thread;
use std::time::Duration;
drop(thread::spawn(|| panic!("unheard"))); //@ place
thread::sleep(Duration::from_millis(200));
