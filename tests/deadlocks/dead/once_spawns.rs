//# title: an initialiser joins threads that need its value
//# threads: T1, T2
//# objects: TABLE
use std::sync::LazyLock;
use std::thread;

static TABLE: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let parts: Vec<_> = (0..2).map(|part| thread::spawn(move || part + TABLE.len())).collect(); //@ stuck
    parts.into_iter().map(|part| part.join().unwrap()).collect() //@ stuck
});
println!("{}", TABLE.len());
