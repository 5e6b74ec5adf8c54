// A pool of two: join, a scope, and a sum in parallel.
:dep rayon = "1"
let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
let mut places = [0; 3];
let (left, right) = pool.install(|| rayon::join(|| 1 + 1, || 2 + 2));
pool.scope(|s| {
    for (number, place) in places.iter_mut().enumerate() {
        s.spawn(move |_| *place = number + 1);
    }
});
use rayon::prelude::*;
let sum: usize = pool.install(|| places.par_iter().sum());
assert_eq!((left, right, sum), (2, 4, 6));
