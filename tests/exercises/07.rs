//# right: looks again before it sells
:repeat 50
use std::{sync::Mutex, thread};

fn sell(seats: &Mutex<i32>) -> bool {
    if *seats.lock().unwrap() == 0 { return false; }
    thread::yield_now();
    let mut free = seats.lock().unwrap();
    let any = *free > 0;
    *free -= i32::from(any);
    any
}

{
    let seats = Mutex::new(100);
    let sold: usize = thread::scope(|theatre| {
        let offices: Vec<_> = (1..=4).map(|_| {
            theatre.spawn(|| (0..1000).take_while(|_| sell(&seats)).count())
        }).collect();
        offices.into_iter().map(|office| office.join().unwrap()).sum()
    });
    println!("sold: {sold}, free: {}", seats.lock().unwrap());
}
//# wrong: runs == 50; it is 1 (leave `:repeat 50` above the cell)
println!("sold: 100, free: 0");
