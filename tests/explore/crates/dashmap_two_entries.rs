// Two threads hold an entry and ask for the other's.
// fails: deadlock
:dep dashmap = "6"
use dashmap::DashMap;
use std::thread;

fn main() {
    let stock: DashMap<u32, u32> = DashMap::with_shard_amount(16);
    for shelf in 0..8 {
        stock.insert(shelf, 10);
    }
    let move_one = |from: u32, to: u32| {
        // Both shelves at once, each in the order that was asked for.
        let mut source = stock.get_mut(&from).unwrap();
        let mut target = stock.get_mut(&to).unwrap();
        *source -= 1;
        *target += 1;
    };
    thread::scope(|s| {
        s.spawn(|| move_one(0, 5));
        s.spawn(|| move_one(5, 0));
    });
    assert_eq!(stock.iter().map(|it| *it.value()).sum::<u32>(), 80);
}
