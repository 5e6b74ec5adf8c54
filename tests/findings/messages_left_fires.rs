//# title: sent and never received
//# finds: unreceived_messages
use std::sync::mpsc;
{
    let (tx, rx) = mpsc::channel();
    for n in 0..10 { tx.send(n).unwrap(); }
    println!("{}", rx.recv().unwrap());
}
