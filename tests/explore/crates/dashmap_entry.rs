// An entry is looked for and made in one step.
:dep dashmap = "6"
use dashmap::DashMap;
use std::thread;

fn main() {
    let seats: DashMap<u32, &str> = DashMap::with_shard_amount(2);
    let got: Vec<bool> = thread::scope(|s| {
        let threads: Vec<_> = ["Ann", "Bob"]
            .into_iter()
            .map(|name| {
                let seats = &seats;
                s.spawn(move || *seats.entry(12).or_insert(name).value() == name)
            })
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(got.iter().filter(|it| **it).count(), 1);
}
