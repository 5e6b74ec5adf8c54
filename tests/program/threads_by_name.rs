//# title: a cell's main thread is main, and a stack that overflows is its thread's
println!("{:?}", std::thread::current().name());
//# prints: Some("main")
//# cell
fn deep(n: u64) -> u64 { let a = [n; 100]; if n == 0 { 0 } else { deep(std::hint::black_box(n + 1)) + a[3] } }
//# cell
std::thread::Builder::new().name("digger".into()).spawn(|| deep(1)).unwrap().join().unwrap();
//# error: stack overflow in thread `digger`
//# cell
deep(1);
//# error: stack overflow
//# cell
std::thread::spawn(|| println!("{:?}", std::thread::current().name())).join().unwrap();
//# prints: None
