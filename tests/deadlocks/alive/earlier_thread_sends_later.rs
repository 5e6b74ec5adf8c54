//# title: a background thread of an earlier cell sends a second later
//# stdout: done from the earlier cell
//# fresh: yes
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

let (tx, rx) = mpsc::channel::<String>();
let background = thread::spawn(move || {
    thread::sleep(Duration::from_millis(1500));
    tx.send("from the earlier cell".into()).unwrap();
});
//# cell
println!("done {}", rx.recv().unwrap());
