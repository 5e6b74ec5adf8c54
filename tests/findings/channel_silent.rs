//# title: a channel used as it should be
//# silent: unreceived_messages, receiver_dropped_early
use std::sync::mpsc;
use std::thread;
{
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || (0..10).for_each(|n| tx.send(n).unwrap()));
    println!("{}", rx.iter().count());
}
