//# title: the receiver goes while a sender still sends
//# finds: receiver_dropped_early
use std::sync::mpsc;
use std::thread;
{
    let (tx, rx) = mpsc::channel();
    let sender = thread::spawn(move || (0..10).map(|n| {
        let sent = tx.send(n).is_ok();
        thread::sleep(std::time::Duration::from_millis(10));
        sent
    }).filter(|sent| *sent).count());
    println!("{}", rx.recv().unwrap());
    drop(rx);
    println!("{}", sender.join().unwrap() < 10);
}
