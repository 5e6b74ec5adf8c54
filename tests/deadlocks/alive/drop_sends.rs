//# title: the last message is sent by a destructor when a sleeping thread ends
//# stdout: done goodbye
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

struct Goodbye(Sender<&'static str>);
impl Drop for Goodbye {
    fn drop(&mut self) {
        let _ = self.0.send("goodbye");
    }
}

{
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || {
        let _goodbye = Goodbye(tx);
        thread::sleep(Duration::from_millis(300));
    });
    println!("done {}", rx.recv().unwrap());
}
