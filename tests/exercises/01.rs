//# right: in a scope
use std::{hint::black_box, thread};

fn count(till: u64) -> u64 {
    (0..20_000_000u64).for_each(|receipt| { black_box(receipt); });
    till * 100
}

{
    let total: u64 = thread::scope(|shop| {
        let countings: Vec<_> = (1..=4).map(|till| shop.spawn(move || count(till))).collect();
        countings.into_iter().map(|counting| counting.join().unwrap()).sum()
    });
    println!("total: {total}");
}
//# wrong: running_together >= 4; it is 1 (keep the handles, and join after the loop)
use std::thread;

{
    // Iterators are lazy: each is joined before the next is spawned.
    let total: u64 = (1..=4)
        .map(|till: u64| thread::spawn(move || till * 100))
        .map(|counting| counting.join().unwrap())
        .sum();
    println!("total: {total}");
}
//# wrong: output contains "total: 1000"; the cell did not print it (add up what the joins hand over)
use std::{hint::black_box, thread};

{
    let mut countings = vec![];
    for _till in 1..=4 {
        countings.push(thread::spawn(|| (0..20_000_000u64).for_each(|receipt| { black_box(receipt); })));
    }
    countings.into_iter().for_each(|counting| counting.join().unwrap());
}
