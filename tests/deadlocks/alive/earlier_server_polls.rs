//# title: a server thread of an earlier cell that wakes now and then
//# stdout: done
//# fresh: yes
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

let (work, inbox) = mpsc::channel::<mpsc::Sender<u32>>();
let server = thread::spawn(move || loop {
    match inbox.recv_timeout(Duration::from_millis(100)) {
        Ok(reply) => {
            thread::sleep(Duration::from_millis(200));
            reply.send(1).unwrap();
        }
        Err(RecvTimeoutError::Timeout) => {}
        Err(RecvTimeoutError::Disconnected) => return,
    }
});
//# cell
{
    let (tx, rx) = mpsc::channel();
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(500) {
        work.send(tx.clone()).unwrap();
        rx.recv().unwrap();
    }
    println!("done");
}
