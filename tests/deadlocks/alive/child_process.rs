//# title: a thread waits for a process to end, main waits for the thread
//# stdout: done true
use std::process::Command;
use std::sync::mpsc;
use std::thread;

{
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || {
        let ok = Command::new("sleep").arg("0.6").status().unwrap().success();
        tx.send(ok).unwrap();
    });
    println!("done {}", rx.recv().unwrap());
}
