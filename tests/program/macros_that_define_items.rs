//# title: macros that define items make items, alone in a cell as well
thread_local! {
    static DEPTH: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}
//# cell
fn deeper() -> u32 { DEPTH.set(DEPTH.get() + 1); DEPTH.get() }
deeper()
//# shows: 1
//# cell
macro_rules! make_counter {
    ($name:ident, $start:expr) => {
        fn $name() -> usize {
            static N: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new($start);
            N.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
        }
    };
}
//# cell
make_counter!(apples, 10);
make_counter!(pears, 20);
//# cell
println!("{} {} {}", apples(), apples(), pears());
//# prints: 10 11 20
//# cell
println!("{} {} {}", apples(), pears(), deeper());
//# prints: 12 21 2
//# cell
make_counter!(apples, 50);
//# cell
println!("{} {}", apples(), pears());
//# prints: 50 22
//# cell
macro_rules! square { ($x:expr) => { $x * $x }; }
square!(4)
//# shows: 16
