//# title: what borrows stands beside what it borrows from
use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::thread;
//# cell
let m = Mutex::new(0);
let mut g = m.lock().unwrap();
*g += 1;
println!("{}", *g);
//# prints: 1
//# cell
println!("{}", m.lock().unwrap());
//# prints: 1
//# cell
let c = RefCell::new(vec![1]);
let mut b = c.borrow_mut();
b.push(2);
println!("{b:?}");
//# prints: [1, 2]
//# cell
let l = RwLock::new(1);
let r1 = l.read().unwrap();
let r2 = l.read().unwrap();
*r1 + *r2
//# shows: 2
//# cell
let pair = Arc::new((Mutex::new(false), Condvar::new()));
let pair2 = Arc::clone(&pair);
thread::spawn(move || {
    let (lock, cvar) = &*pair2;
    let mut started = lock.lock().unwrap();
    *started = true;
    cvar.notify_one();
});
let (lock, cvar) = &*pair;
let mut started = lock.lock().unwrap();
while !*started {
    started = cvar.wait(started).unwrap();
}
println!("{started}");
//# prints: true
//# cell
println!("{}", pair.0.lock().unwrap());
//# prints: true
//# cell
let nums = vec![1, 2];
let f: Box<dyn Fn(i32) -> bool> = Box::new(|n| nums.contains(&n));
println!("{} {}", f(1), f(3));
//# prints: true false
//# cell
println!("{nums:?}");
//# prints: [1, 2]
//# cell
println!("{}", f(2));
//# error: `f`
