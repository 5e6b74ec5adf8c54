//# title: what an edited item was before stays in objects and running threads, and that is told
trait Shape { fn area(&self) -> f64; }
struct Square(f64);
impl Shape for Square { fn area(&self) -> f64 { self.0 * self.0 } }
fn work(stop: &std::sync::mpsc::Receiver<()>) { let _ = stop.recv(); }
let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(2.0))];
let square = Square(3.0);
//# cell
impl Shape for Square { fn area(&self) -> f64 { 100.0 } }
println!("{} {}", shapes[0].area(), square.area());
//# prints: 4 100
//# says: What `shapes` had before keeps the earlier `impl Shape for Square`, from [1]: make it anew to use this one.
//# cell
let (stop, stopped) = std::sync::mpsc::channel();
let worker = std::thread::spawn(move || work(&stopped));
//# cell
fn work(_: &std::sync::mpsc::Receiver<()>) {}
//# says: `work` is another one now; threads of [3] still run the one before.
//# cell
drop(stop);
worker.join().unwrap();
//# cell
fn work(stop: &std::sync::mpsc::Receiver<()>) { let _ = stop.recv(); }
//# not: still run
//# cell
static SHAPES: std::sync::Mutex<Vec<Box<dyn Shape + Send>>> = std::sync::Mutex::new(Vec::new());
SHAPES.lock().unwrap().push(Box::new(Square(1.0)));
//# cell
impl Shape for Square { fn area(&self) -> f64 { 7.0 } }
//# says: `SHAPES`
