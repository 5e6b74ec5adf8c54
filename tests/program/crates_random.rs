//# title: a seeded generator goes on from cell to cell; so does a crate's thread local
:dep fastrand = "2"
fastrand::seed(7);
let first = fastrand::u32(..);
//# cell
let second = fastrand::u32(..);
fastrand::seed(7);
assert_eq!([fastrand::u32(..), fastrand::u32(..)], [first, second]);
//# cell
:dep rand = "0.10"
use rand::{RngExt, SeedableRng};
let mut rng = rand::rngs::StdRng::seed_from_u64(1);
let a: u32 = rng.random();
//# cell
let b: u32 = rng.random();
let mut again = rand::rngs::StdRng::seed_from_u64(1);
assert_eq!([again.random::<u32>(), again.random::<u32>()], [a, b]);
fastrand::seed(7);
assert_eq!(fastrand::u32(..), first);
