//# title: one thread locks a mutex twice
//# threads: T1
//# objects: balance
use std::sync::Mutex;

{
    let balance = Mutex::new(100);
    let first = balance.lock().unwrap();
    let second = balance.lock().unwrap(); //@ stuck
    println!("{first} {second}");
}
