//# title: all but one wait for channels, and that one for a socket
//# stdout: ping
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
{
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        theirs.read_to_string(&mut text).unwrap();
        tx.send(text).unwrap();
    });
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(400));
        ours.write_all(b"ping").unwrap();
    });
    println!("{}", rx.recv().unwrap());
}
