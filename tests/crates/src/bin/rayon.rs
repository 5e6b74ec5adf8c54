//! rayon: the global pool, a pool of its own, `join` and `scope`.

use rayon::prelude::*;

fn main() {
    let sum: u64 = (0..100_000_u64).into_par_iter().filter(|n| n % 3 == 0).sum();
    assert_eq!(sum, 1_666_683_333);

    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let mut words = vec!["pear", "apple", "fig", "plum"];
    pool.install(|| words.par_sort());
    assert_eq!(words, ["apple", "fig", "pear", "plum"]);

    let (left, right) = rayon::join(|| 1 + 1, || 2 + 2);
    assert_eq!((left, right), (2, 4));
    let seen = std::sync::Mutex::new(0);
    rayon::scope(|scope| {
        for n in 0..10 {
            let seen = &seen;
            scope.spawn(move |_| *seen.lock().unwrap() += n);
        }
    });
    assert_eq!(seen.into_inner().unwrap(), 45);
}
