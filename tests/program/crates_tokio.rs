//# title: a tokio runtime of one cell runs tasks of others, also after another crate came
:dep tokio = { version = "1", features = ["full"] }
let rt = tokio::runtime::Runtime::new().unwrap();
let (tx, mut rx) = tokio::sync::mpsc::channel::<u32>(4);
//# cell
rt.spawn(async move { for n in 0..5 { tx.send(n).await.unwrap(); } });
//# cell
let got = rt.block_on(async { let mut got = vec![]; while let Some(n) = rx.recv().await { got.push(n); } got });
assert_eq!(got, [0, 1, 2, 3, 4]);
//# cell
:dep tokio-util = { version = "0.7", features = ["rt"] }
let tracker = tokio_util::task::TaskTracker::new();
let handle = { let _inside = rt.enter(); tracker.spawn(async { tokio::time::sleep(std::time::Duration::from_millis(2)).await; 7 }) };
//# cell
tracker.close();
rt.block_on(tracker.wait());
assert_eq!(rt.block_on(handle).unwrap(), 7);
//# cell
tokio::runtime::Handle::try_current().is_err()
//# cell
let mutex = 7;
let answer = async { mutex + 1 }.await;
(answer, mutex)
//# shows: (8, 7)
//# cell
// A cell that awaits nothing may have a runtime of its own.
let own = tokio::runtime::Runtime::new()?;
own.block_on(async { answer + mutex })
//# shows: 15
//# cell
#[tokio::main]
async fn main() -> u32 { tokio::task::yield_now().await; 16 }
main()
//# shows: 16
//# cell
let task = tokio::spawn(async { 17 });
//# cell
macro_rules! wait { ($task:ident) => { $task.await }; }
wait!(task)?
//# shows: 17
//# cell
tokio::join!(async { 1 }, async { 2 })
//# shows: (1, 2)
//# cell
let wrong: i32 = "x".parse()?;
//# error: invalid digit
