// Two senders, whose messages may come in either order.
// fails: panic
:dep flume = "0.11"
use std::thread;

fn main() {
    let (tx, rx) = flume::unbounded::<&str>();
    let other = tx.clone();
    let logger = thread::spawn(move || other.send("opened").unwrap());
    tx.send("closed").unwrap();
    drop(tx);
    logger.join().unwrap();
    let events: Vec<_> = rx.iter().collect();
    assert_eq!(events, ["opened", "closed"]);
}
