//# title: a sender waits for room
//# channel tx → rx: kind=sync_channel, capacity=2, sent=10, received=10, lost=0, max_queued=2, send_wait_ns.total>=40000000
//# thread T2: blocked_ns.channel>=40000000
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
{
    let (tx, rx) = mpsc::sync_channel(2);
    let producer = thread::spawn(move || (0..10).for_each(|n| tx.send(n).unwrap()));
    for _ in rx {
        thread::sleep(Duration::from_millis(10));
    }
    producer.join().unwrap();
}
