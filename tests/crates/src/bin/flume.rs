//! flume: a bounded channel with several producers and consumers.

fn main() {
    let (sender, receiver) = flume::bounded(4);
    let producers: Vec<_> = (0..3)
        .map(|_| {
            let sender = sender.clone();
            std::thread::spawn(move || (1..=100_u32).for_each(|n| sender.send(n).unwrap()))
        })
        .collect();
    drop(sender);
    let consumers: Vec<_> = (0..2)
        .map(|_| {
            let receiver = receiver.clone();
            std::thread::spawn(move || receiver.iter().sum::<u32>())
        })
        .collect();
    producers.into_iter().for_each(|t| t.join().unwrap());
    let sum: u32 = consumers.into_iter().map(|t| t.join().unwrap()).sum();
    assert_eq!(sum, 3 * 5_050);
}
