//# title: every cell alone, in the order of a lesson, then the first ones again
use std::sync::Mutex;
//# cell
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
//# cell
fn log(text: &str) { LOG.lock().unwrap().push(text.to_string()); }
//# cell
log("one");
log("two");
//# cell
LOG.lock().unwrap().len()
//# shows: 2
//# cell
fn log(text: &str) { LOG.lock().unwrap().push(format!("[{}] {text}", LOG_COUNT.fetch_add(1, std::sync::atomic::Ordering::SeqCst))); }
static LOG_COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
log("three");
println!("{:?}", LOG.lock().unwrap());
//# prints: ["one", "two", "[0] three"]
//# cell
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
//# cell
log("four");
println!("{:?}", LOG.lock().unwrap());
//# prints: ["[1] four"]
