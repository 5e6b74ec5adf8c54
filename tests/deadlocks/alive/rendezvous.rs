//# title: a rendezvous to which one comes late
//# stdout: done met
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

{
    let (tx, rx) = mpsc::sync_channel(0);
    let late = thread::spawn(move || {
        thread::sleep(Duration::from_millis(400));
        rx.recv().unwrap()
    });
    tx.send("met").unwrap();
    println!("done {}", late.join().unwrap());
}
