//# title: pointers to closures, futures and iterators are kept as ones to what these do
use std::rc::Rc;
use std::sync::Arc;

let factor = 3;
let times = Box::new(move |n: i32| n * factor);
let shared = Arc::new(|text: &str| text.len());
let own = Rc::new(|| "own".to_owned());
let mut count = 0;
let mut next = Box::new(move || {
    count += 1;
    count
});
//# not: not kept
//# cell
(times(5), shared("four"), own(), next(), next())
//# shows: (15, 4, "own", 1, 2)
//# cell
let copy = Arc::clone(&shared);
std::thread::spawn(move || copy("a thread")).join().unwrap()
//# shows: 8
//# cell
async fn answer() -> u8 {
    42
}
let mut waiting = Box::pin(answer());
let mut evens = Box::new((0..).filter(|n| n % 2 == 0));
//# not: not kept
//# cell
use std::future::Future;
use std::task::{Context, Poll, Waker};

let mut context = Context::from_waker(Waker::noop());
match waiting.as_mut().poll(&mut context) {
    Poll::Ready(value) => println!("{value}"),
    Poll::Pending => println!("pending"),
}
println!("{:?}", (evens.next(), evens.next()));
//# prints: 42\n(Some(0), Some(2))
