// One takes from its own end, another one steals, both from a common queue.
:dep crossbeam-deque = "0.8"
use crossbeam_deque::{Injector, Steal, Worker};
use std::thread;
let common = Injector::new();
let own = Worker::new_lifo();
let stealer = own.stealer();
common.push(Box::new(1));
for number in 2..5 {
    own.push(Box::new(number));
}
let taken: i32 = thread::scope(|s| {
    let thief = s.spawn(|| {
        let mut taken = 0;
        for _ in 0..3 {
            if let Steal::Success(number) = stealer.steal() {
                taken += *number;
            }
        }
        while let Steal::Success(number) = common.steal() {
            taken += *number;
        }
        taken
    });
    let mut taken = 0;
    while let Some(number) = own.pop() {
        taken += *number;
    }
    taken + thief.join().unwrap()
});
let left: i32 = std::iter::from_fn(|| common.steal().success()).map(|it| *it).sum();
assert_eq!(taken + left, 10);
