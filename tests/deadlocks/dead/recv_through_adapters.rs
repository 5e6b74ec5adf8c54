//# title: messages are summed up, through an iterator of the library, while one sender lives on
//# threads: T1
//# objects: tx → rx
use std::sync::mpsc;
use std::thread;

let (tx, rx) = mpsc::channel();
let workers: Vec<_> = (1..4u32)
    .map(|n| {
        let tx = tx.clone();
        thread::spawn(move || tx.send(n * n).unwrap())
    })
    .collect();
let total: u32 = rx
    .iter() //@ stuck
    .map(|square| square + 1)
    .sum();
println!("{total}");
