//# title: parked, slept, joined
//# thread T2: blocked_ns.park>=50000000
//# thread T1: blocked_ns.sleep>=90000000
use std::thread;
use std::time::Duration;
{
    let sleeper = thread::spawn(thread::park);
    thread::sleep(Duration::from_millis(100));
    sleeper.thread().unpark();
    sleeper.join().unwrap();
}
