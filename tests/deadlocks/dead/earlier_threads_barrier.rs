//# title: threads of an earlier cell wait at a barrier that this cell makes wait too, one short
//# objects: meeting
//# fresh: yes
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

let meeting = Arc::new(Barrier::new(3));
let early = {
    let meeting = meeting.clone();
    thread::spawn(move || { meeting.wait(); })
};
thread::sleep(Duration::from_millis(50));
//# cell
meeting.wait(); //@ stuck
