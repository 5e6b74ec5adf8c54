//# title: a mistake that has nothing to do with threads gets no hint about threads
fn counter(start: i32) -> impl FnMut() -> i32 {
    let mut n = start;
    || { n += 1; n }
}
//# error: error[E0373]: closure may outlive the current function, but it borrows `n`
//# not: lesson
//# not: thread
//# cell
fn is_sync<T: Sync>(_: &T) {}
let local = std::cell::Cell::new(1);
is_sync(&local);
//# error: `Cell<{integer}>` cannot be shared between threads safely
//# not: lesson
//# cell
fn holder() -> Box<dyn Fn() -> usize> {
    let s = String::from("a");
    Box::new(|| s.len())
}
//# error: E0373
//# not: lesson
//# cell
let sent = String::from("a");
let gone = sent;
println!("{sent}");
//# error: error[E0382]: borrow of moved value: `sent`
//# not: lesson
