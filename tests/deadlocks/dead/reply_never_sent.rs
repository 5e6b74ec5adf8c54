//# title: a server keeps the sender of a request that it does not understand, and goes on to the next
//# threads: T1, T2
//# objects: reply, ask
use std::sync::mpsc::{self, Sender};
use std::thread;

struct Request {
    key: u32,
    reply: Sender<String>,
}
{
    let (ask, requests) = mpsc::channel::<Request>();
    let server = thread::spawn(move || {
        let mut later = Vec::new();
        for request in requests { //@ stuck
            match request.key {
                0 => request.reply.send("zero".into()).unwrap(),
                _ => later.push(request),
            }
        }
    });
    for key in [0, 7] {
        let (reply, answer) = mpsc::channel();
        ask.send(Request { key, reply }).unwrap();
        println!("{}", answer.recv().unwrap()); //@ stuck
    }
    drop(ask);
    server.join().unwrap();
}
