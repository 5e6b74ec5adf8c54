//# title: modules with statics, edited
mod counter {
    use std::sync::atomic::{AtomicU32, Ordering};
    static N: AtomicU32 = AtomicU32::new(0);
    pub fn next() -> u32 { N.fetch_add(1, Ordering::SeqCst) }
}
//# cell
counter::next(); counter::next();
println!("{}", counter::next());
//# prints: 2
//# cell
mod counter {
    use std::sync::atomic::{AtomicU32, Ordering};
    static N: AtomicU32 = AtomicU32::new(10);
    pub fn next() -> u32 { N.fetch_add(10, Ordering::SeqCst) }
    pub fn peek() -> u32 { N.load(Ordering::SeqCst) }
}
use counter::peek;
println!("{} {}", counter::next(), peek());
//# prints: 10 20
//# cell
println!("{}", peek());
//# prints: 20
//# cell
mod counter { pub fn next() -> u32 { 0 } }
//# cell
println!("{}", counter::next());
//# prints: 0
