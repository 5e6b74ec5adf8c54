//# right: one at a time
use std::{sync::Mutex, thread, time::Duration};

{
    let counters = [const { Mutex::new(0) }; 3];
    thread::scope(|office| {
        for clerk in 0..3 {
            let counters = &counters;
            office.spawn(move || {
                *counters[clerk].lock().unwrap() += 1;
                thread::sleep(Duration::from_millis(30));
                *counters[(clerk + 1) % 3].lock().unwrap() += 1;
            });
        }
    });
    println!("stamps: {}", counters.iter().map(|c| *c.lock().unwrap()).sum::<i32>());
}
//# right: a lock around both
use std::{sync::Mutex, thread, time::Duration};

{
    let counters = [0, 1, 2].map(|_| Mutex::new(0));
    let turn = Mutex::new(());
    thread::scope(|office| {
        for clerk in 0..3 {
            let (counters, turn) = (&counters, &turn);
            office.spawn(move || {
                let _mine = turn.lock().unwrap();
                let mut here = counters[clerk].lock().unwrap();
                thread::sleep(Duration::from_millis(30));
                let mut there = counters[(clerk + 1) % 3].lock().unwrap();
                *here += 1;
                *there += 1;
            });
        }
    });
    println!("stamps: {}", counters.into_iter().map(|c| c.into_inner().unwrap()).sum::<i32>());
}
//# wrong: no finding lock_order; the report says
use std::{sync::{Arc, Mutex}, thread};

{
    let counters = Arc::new([const { Mutex::new(0) }; 3]);
    for clerk in 0..3 {
        let counters = Arc::clone(&counters);
        thread::spawn(move || {
            let mut here = counters[clerk].lock().unwrap();
            let mut there = counters[(clerk + 1) % 3].lock().unwrap();
            *here += 1;
            *there += 1;
        }).join().unwrap();
    }
    println!("stamps: {}", counters.iter().map(|c| *c.lock().unwrap()).sum::<i32>());
}
