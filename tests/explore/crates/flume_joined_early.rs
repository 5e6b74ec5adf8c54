// Senders are joined before anybody receives.
// fails: deadlock
:dep flume = "0.11"
use std::thread;

fn main() {
    let (tx, rx) = flume::bounded::<u32>(1);
    let producers: Vec<_> = (0..2)
        .map(|id| {
            let tx = tx.clone();
            thread::spawn(move || tx.send(id).unwrap())
        })
        .collect();
    // Joins before it receives: one of them waits for room.
    for producer in producers {
        producer.join().unwrap();
    }
    drop(tx);
    assert_eq!(rx.iter().sum::<u32>(), 1);
}
