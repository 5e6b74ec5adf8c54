//# title: a runtime is made anew when its crate is another build, and the one before goes on
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static TURNS: AtomicU32 = AtomicU32::new(0);
async fn one() -> u32 { 1 }
//# cell
one().await
//# shows: 1
//# cell
let task = tokio::spawn(async { loop { TURNS.fetch_add(1, SeqCst); tokio::task::yield_now().await; } });
let n = 7u32;
//# cell
:dep tokio = { version = "1", features = ["full"] }
//# says: can't be used any more: task
//# not: unoptimised
//# cell
one().await + n
//# shows: 8
//# cell
let before = TURNS.load(SeqCst);
while TURNS.load(SeqCst) == before { std::thread::yield_now(); }
1 + 1
//# shows: 2
//# cell
let other = tokio::spawn(async { tokio::time::sleep(std::time::Duration::from_millis(1)).await; 9u32 });
//# cell
other.await.unwrap() + n
//# shows: 16
