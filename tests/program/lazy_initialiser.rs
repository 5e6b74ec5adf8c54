//# title: lazy and once, initialiser edited
use std::sync::{LazyLock, Mutex, OnceLock};
fn load() -> Vec<i32> { println!("loading"); vec![1, 2, 3] }
static DATA: LazyLock<Mutex<Vec<i32>>> = LazyLock::new(|| Mutex::new(load()));
//# cell
println!("{}", DATA.lock().unwrap().len());
//# prints: loading\n3
//# cell
fn load() -> Vec<i32> { println!("loading again"); vec![] }
println!("{}", DATA.lock().unwrap().len());
//# prints: 3
//# cell
DATA.lock().unwrap().push(4);
//# cell
println!("{:?}", DATA.lock().unwrap());
//# prints: [1, 2, 3, 4]
//# cell
static DATA: LazyLock<Mutex<Vec<i32>>> = LazyLock::new(|| Mutex::new(load()));
println!("{:?}", DATA.lock().unwrap());
//# prints: loading again\n[]
