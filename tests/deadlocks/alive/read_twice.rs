//# title: one thread reads twice, and no writer waits
//# stdout: done 8
use std::sync::RwLock;

{
    let data = RwLock::new(4);
    let one = data.read().unwrap();
    let two = data.read().unwrap();
    println!("done {}", *one + *two);
}
