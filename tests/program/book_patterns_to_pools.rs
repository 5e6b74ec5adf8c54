//# title: patterns, unsafe, advanced traits and types, macros, the web server's pool
let mut stack = vec![1, 2, 3]; while let Some(top) = stack.pop() { print!("{top} "); }
//# prints: 3 2 1 
//# cell
struct Point { x: i32, y: i32 } enum Hello { Id { id: i32 } }
let p = Point { x: 0, y: 7 }; let Point { x: a, y: b } = p; let msg = Hello::Id { id: 5 };
let t = match msg { Hello::Id { id: id @ 3..=7 } => format!("range {id}"), Hello::Id { id } => format!("other {id}") };
let (first, .., last) = (2, 4, 8, 16, 32);
let n = match (4, false) { (4 | 5 | 6, y) if y => 1, _ => 2 };
(a, b, t, first, last, n)
//# shows: (0, 7, "range 5", 2, 32, 2)
//# cell
let Some(x) = None::<i32>;
//# error: refutable pattern in local binding
//# cell
let mut num = 5; let r1 = &raw const num; let r2 = &raw mut num;
unsafe { *r2 += 1; println!("{} {}", *r1, *r2); }
//# prints: 6 6
//# cell
unsafe fn dangerous() -> u8 { 7 }
dangerous()
//# error: call to unsafe function `dangerous` is unsafe and requires unsafe
//# cell
unsafe extern "C" { fn abs(input: i32) -> i32; safe fn labs(n: i64) -> i64; }
unsafe { println!("{} {}", abs(-3), labs(-4)); }
//# prints: 3 4
//# cell
static mut COUNTER: u32 = 0; unsafe fn add_to_count(inc: u32) { unsafe { COUNTER += inc; } }
unsafe { add_to_count(3); println!("{}", *(&raw const COUNTER)); }
//# prints: 3
//# cell
fn split_at_mut(v: &mut [i32], mid: usize) -> (&mut [i32], &mut [i32]) { let p = v.as_mut_ptr(); let len = v.len(); assert!(mid <= len); unsafe { (std::slice::from_raw_parts_mut(p, mid), std::slice::from_raw_parts_mut(p.add(mid), len - mid)) } }
let mut v = vec![1, 2, 3]; { let (a, b) = split_at_mut(&mut v, 1); a[0] = b[1]; } v
//# shows: [3, 2, 3]
//# cell
use std::ops::Add; #[derive(Debug, PartialEq)] struct Millimeters(u32); struct Meters(u32);
impl Add<Meters> for Millimeters { type Output = Millimeters; fn add(self, o: Meters) -> Millimeters { Millimeters(self.0 + o.0 * 1000) } }
Millimeters(5) + Meters(1)
//# shows: Millimeters(1005)
//# cell
trait Animal { fn baby_name() -> String; } struct Dog; impl Dog { fn baby_name() -> String { "Spot".into() } } impl Animal for Dog { fn baby_name() -> String { "puppy".into() } }
(Dog::baby_name(), <Dog as Animal>::baby_name())
//# shows: ("Spot", "puppy")
//# cell
Animal::baby_name()
//# error: cannot call associated function on trait without specifying the corresponding `impl` type
//# cell
use std::fmt; trait OutlinePrint: fmt::Display { fn outline(&self) -> String { let s = self.to_string(); format!("* {s} *") } } impl OutlinePrint for Point {}
//# error: `Point` doesn't implement `std::fmt::Display`
//# cell
use std::fmt;
struct Wrapper(Vec<String>); impl fmt::Display for Wrapper { fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, "[{}]", self.0.join(", ")) } }
println!("{}", Wrapper(vec!["a".into(), "b".into()]));
//# prints: [a, b]
//# cell
type Thunk = Box<dyn Fn() -> &'static str + Send + 'static>; let f: Thunk = Box::new(|| "hi"); fn forever() -> ! { loop { std::thread::park() } }
//# cell
fn add_one(x: i32) -> i32 { x + 1 } fn do_twice(f: fn(i32) -> i32, arg: i32) -> i32 { f(arg) + f(arg) }
#[derive(Debug)] enum Status { Value(u32), Stop }
fn returns_closure() -> Box<dyn Fn(i32) -> i32> { Box::new(|x| x + 1) }
let statuses: Vec<Status> = (0u32..3).map(Status::Value).collect();
(f(), do_twice(add_one, 5), statuses, returns_closure()(1))
//# shows: ("hi", 12, [Value(0), Value(1), Value(2)], 2)
//# cell
let handlers = vec![returns_closure(), Box::new(|x| x * 2)];
//# cell
handlers.iter().map(|h| h(10)).collect::<Vec<_>>()
//# shows: [11, 20]
//# cell
#[macro_export] macro_rules! my_vec { ( $( $x:expr ),* ) => { { let mut temp = Vec::new(); $( temp.push($x); )* temp } }; }
my_vec![1, 2, 3]
//# shows: [1, 2, 3]
//# cell
use std::sync::{Arc, Mutex, mpsc}; use std::thread;
type Job = Box<dyn FnOnce() + Send + 'static>;
pub struct ThreadPool { workers: Vec<Worker>, sender: Option<mpsc::Sender<Job>> }
struct Worker { id: usize, thread: Option<thread::JoinHandle<()>> }
impl Worker { fn new(id: usize, receiver: Arc<Mutex<mpsc::Receiver<Job>>>) -> Worker { let thread = thread::spawn(move || loop { let message = receiver.lock().unwrap().recv(); match message { Ok(job) => job(), Err(_) => break } }); Worker { id, thread: Some(thread) } } }
impl ThreadPool {
    /// Create a new ThreadPool.
    pub fn new(size: usize) -> ThreadPool { assert!(size > 0); let (sender, receiver) = mpsc::channel(); let receiver = Arc::new(Mutex::new(receiver)); ThreadPool { workers: (0..size).map(|id| Worker::new(id, Arc::clone(&receiver))).collect(), sender: Some(sender) } }
    pub fn execute<F>(&self, f: F) where F: FnOnce() + Send + 'static { self.sender.as_ref().unwrap().send(Box::new(f)).unwrap(); }
}
impl Drop for ThreadPool { fn drop(&mut self) { drop(self.sender.take()); for worker in &mut self.workers { if let Some(thread) = worker.thread.take() { thread.join().unwrap(); } } } }
//# cell
use std::io::{prelude::*, BufReader}; use std::net::{TcpListener, TcpStream};
fn handle(mut stream: TcpStream) { let line = BufReader::new(&stream).lines().next().unwrap().unwrap(); let (status, body) = match &line[..] { "GET / HTTP/1.1" => ("HTTP/1.1 200 OK", "Hello!"), _ => ("HTTP/1.1 404 NOT FOUND", "Oops!") }; let len = body.len(); stream.write_all(format!("{status}\r\nContent-Length: {len}\r\n\r\n{body}").as_bytes()).unwrap(); }
let listener = TcpListener::bind("127.0.0.1:0").unwrap(); let address = listener.local_addr().unwrap();
let server = thread::spawn(move || { let pool = ThreadPool::new(4); for stream in listener.incoming().take(2) { let stream = stream.unwrap(); pool.execute(|| handle(stream)); } });
//# cell
fn get(address: std::net::SocketAddr, path: &str) -> String { let mut s = TcpStream::connect(address).unwrap(); write!(s, "GET {path} HTTP/1.1\r\n\r\n").unwrap(); let mut text = String::new(); s.read_to_string(&mut text).unwrap(); text.lines().next().unwrap().to_owned() }
(get(address, "/"), get(address, "/x"))
//# shows: ("HTTP/1.1 200 OK", "HTTP/1.1 404 NOT FOUND")
//# cell
server.join().unwrap();
