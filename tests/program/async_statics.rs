//# title: async with statics
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::future::Future; use std::task::{Context, Poll, Waker}; use std::pin::pin;
fn run<F: Future>(f: F) -> F::Output { let mut f = pin!(f); let mut cx = Context::from_waker(Waker::noop()); loop { if let Poll::Ready(v) = f.as_mut().poll(&mut cx) { return v; } } }
async fn next() -> u32 { static N: AtomicU32 = AtomicU32::new(1); N.fetch_add(1, SeqCst) }
run(next())
//# shows: 1
//# cell
run(async { next().await + next().await })
//# shows: 5
