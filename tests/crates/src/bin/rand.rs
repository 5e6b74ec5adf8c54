//! rand: a seeded generator, and the thread-local one in two threads.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

fn main() {
    let (mut a, mut b) = (StdRng::seed_from_u64(7), StdRng::seed_from_u64(7));
    assert_eq!(a.random::<u64>(), b.random::<u64>());
    let threads: Vec<_> =
        (0..2).map(|_| std::thread::spawn(|| rand::rng().random_range(1..=6))).collect();
    for thread in threads {
        assert!((1..=6).contains(&thread.join().unwrap()));
    }
    let mut deck: Vec<u32> = (0..52).collect();
    deck.shuffle(&mut rand::rng());
    assert_eq!(deck.iter().sum::<u32>(), 1_326);
}
