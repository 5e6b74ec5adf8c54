//# title: a redefinition that doesn't compile changes nothing
struct Job { id: u32 }
impl Job { fn show(&self) -> String { format!("job {}", self.id) } }
static DONE: std::sync::Mutex<Vec<Job>> = std::sync::Mutex::new(Vec::new());
fn total() -> u32 { DONE.lock().unwrap().iter().map(|j| j.id).sum() }
//# cell
DONE.lock().unwrap().push(Job { id: 4 });
//# cell
struct Job { id: Missing }
//# error: Missing
//# not: is gone
//# cell
println!("{} {}", total(), DONE.lock().unwrap()[0].show());
//# prints: 4 job 4
//# cell
struct Job { name: String }
let j = Job { name: 5 };
//# error: mismatched types
//# not: no field `id`
//# not: is gone
//# cell
println!("{} {}", total(), DONE.lock().unwrap()[0].show());
//# prints: 4 job 4
