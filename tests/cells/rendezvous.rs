//# title: a channel without room is a meeting
//# channel tx → rx: kind=sync_channel, capacity=0, sent=7, received=7
use std::sync::mpsc;
use std::thread;
{
    let (tx, rx) = mpsc::sync_channel(0);
    let giver = thread::spawn(move || (0..7).for_each(|n| tx.send(n).unwrap()));
    println!("{}", rx.iter().sum::<i32>());
    giver.join().unwrap();
}
