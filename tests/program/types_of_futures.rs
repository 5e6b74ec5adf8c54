//# title: futures
use std::future::Future; use std::pin::Pin; use std::task::{Context, Poll, Waker};
fn block_on<F: Future>(f: F) -> F::Output { let mut f = Box::pin(f); let mut cx = Context::from_waker(Waker::noop()); loop { if let Poll::Ready(v) = f.as_mut().poll(&mut cx) { return v; } } }
async fn add(a: i32, b: i32) -> i32 { a + b }
let fut = add(1, 2);
let got = block_on(add(3, 4));
//# cell
got
//# shows: 7
//# cell
block_on(fut)
//# shows: 3
//# cell
let boxed: Pin<Box<dyn Future<Output = i32>>> = Box::pin(async { add(5, 6).await });
//# cell
block_on(boxed)
//# shows: 11
//# cell
let block = async { let x = add(1, 1).await; x * 2 };
let tasks = vec![add(1, 1), add(2, 2)];
//# says: `tasks` is not kept for later cells: the type of a future has no name
//# cell
block_on(block)
//# shows: 4
//# cell
struct Countdown(u32);
impl Future for Countdown { type Output = &'static str; fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> { if self.0 == 0 { Poll::Ready("lift off") } else { self.0 -= 1; cx.waker().wake_by_ref(); Poll::Pending } } }
let c = Countdown(3);
//# cell
block_on(c)
//# shows: "lift off"
