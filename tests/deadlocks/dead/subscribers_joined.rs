//# title: a bus keeps the senders of those whom main joins
//# threads: T2, T3
//# objects: tx → rx
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

{
    let subscribers: Arc<Mutex<Vec<Sender<String>>>> = Arc::default();
    let mut readers = Vec::new();
    for _ in 0..2 {
        let (tx, rx) = mpsc::channel();
        subscribers.lock().unwrap().push(tx);
        readers.push(thread::spawn(move || rx.into_iter().count())); //@ stuck
    }
    for subscriber in subscribers.lock().unwrap().iter() {
        subscriber.send("news".to_string()).unwrap();
    }
    for reader in readers {
        println!("{} read", reader.join().unwrap()); //@ stuck
    }
}
