//# title: a sender takes the error as its sign to stop
//# silent: receiver_dropped_early, unreceived_messages
use std::sync::mpsc;
use std::thread;
{
    // Without room: nothing is in the queue when the receiver goes.
    let (tx, rx) = mpsc::sync_channel(0);
    let sender = thread::spawn(move || (0..).take_while(|n| tx.send(*n).is_ok()).count());
    let first: Vec<i32> = rx.iter().take(3).collect();
    drop(rx);
    println!("{first:?} {}", sender.join().unwrap());
}
