//# title: a crate that a later :dep makes anew takes along what was made with it, and nothing else
:dep either = { version = "1", default-features = false }
use either::Either;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static N: AtomicU32 = AtomicU32::new(4);
let left: Either<u8, u8> = Either::Left(1);
let plain = 5;
//# cell
left
//# shows: Left(1)
//# cell
:dep either = "1"
//# says: Other builds of crates are used from here on: either
//# says: can't be used any more: left.
//# cell
left
//# error: `left`, made in [1], is not kept for later cells: it was made with another build of `either`
//# not: was lost
//# cell
(plain, N.load(SeqCst), Either::<u8, u8>::Right(2))
//# shows: (5, 4, Right(2))
