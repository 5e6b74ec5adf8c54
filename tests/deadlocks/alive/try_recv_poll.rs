//# title: polling with try_recv for a message that comes late
//# stdout: done 1 true
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::Duration;

{
    let (tx, rx) = mpsc::channel();
    let late = thread::spawn(move || {
        thread::sleep(Duration::from_millis(400));
        tx.send(1).unwrap();
    });
    let mut polls = 0u64;
    let got = loop {
        match rx.try_recv() {
            Ok(n) => break n,
            Err(TryRecvError::Empty) => polls += 1,
            Err(TryRecvError::Disconnected) => unreachable!(),
        }
    };
    late.join().unwrap();
    println!("done {got} {}", polls > 0);
}
