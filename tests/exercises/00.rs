//# right: in a scope
use std::{hint::black_box, thread};

fn cook(dish: &str) {
    (0..20_000_000u64).for_each(|turn| { black_box(turn); });
    println!("{dish} is ready");
}

thread::scope(|kitchen| {
    for dish in ["soup", "rice", "stew"] {
        kitchen.spawn(move || cook(dish));
    }
});
//# wrong: running_together >= 3; it is 1 (spawn all three before you join the first)
use std::{hint::black_box, thread};

fn cook(dish: &str) {
    (0..2_000_000u64).for_each(|turn| { black_box(turn); });
    println!("{dish} is ready");
}

for dish in ["soup", "rice", "stew"] {
    thread::spawn(move || cook(dish)).join().unwrap();
}
//# wrong: threads == 3; it is 2
use std::{hint::black_box, thread};

fn cook(dish: &str) {
    (0..2_000_000u64).for_each(|turn| { black_box(turn); });
    println!("{dish} is ready");
}

{
    let soup = thread::spawn(|| cook("soup"));
    let rice = thread::spawn(|| cook("rice"));
    cook("stew");
    soup.join().unwrap();
    rice.join().unwrap();
}
//# wrong: outcome is ok; it failed: cannot find value `kitchen` in this scope
kitchen.spawn(|| cook("soup"));
