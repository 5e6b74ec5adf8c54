//# title: recv_timeout while the own sender lives
//# stdout: done true 7
use std::sync::mpsc;
use std::time::Duration;

{
    let (tx, rx) = mpsc::channel::<u32>();
    let nothing = rx.recv_timeout(Duration::from_millis(400));
    tx.send(7).unwrap();
    println!("done {} {}", nothing.is_err(), rx.recv().unwrap());
}
