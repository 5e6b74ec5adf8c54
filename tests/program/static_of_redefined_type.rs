//# title: a static whose type was defined anew is a new one, and its old bytes are never read
use std::sync::Mutex;
struct Job { id: u32 }
//# cell
static JOBS: Mutex<Vec<Job>> = Mutex::new(Vec::new());
static PLAIN: Mutex<u32> = Mutex::new(0);
//# cell
JOBS.lock().unwrap().push(Job { id: 1 });
*PLAIN.lock().unwrap() += 1;
println!("{}", JOBS.lock().unwrap().len());
//# prints: 1
//# cell
struct Job { id: String }
//# says: `JOBS` is a new static: `Job`
//# cell
println!("{} {}", JOBS.lock().unwrap().len(), PLAIN.lock().unwrap());
//# prints: 0 1
//# cell
JOBS.lock().unwrap().push(Job { id: "two".to_string() });
println!("{}", JOBS.lock().unwrap()[0].id);
//# prints: two
//# cell
struct Job { id: String }
//# cell
println!("{}", JOBS.lock().unwrap().len());
//# prints: 1
