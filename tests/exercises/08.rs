//# right: a loop, and a notification for each
use std::{sync::{Condvar, Mutex}, thread, time::Duration};

{
    let (fired, gun) = (Mutex::new(false), Condvar::new());
    thread::scope(|stadium| {
        for runner in 1..=3 {
            let (fired, gun) = (&fired, &gun);
            stadium.spawn(move || {
                let mut ready = fired.lock().unwrap();
                while !*ready {
                    ready = gun.wait(ready).unwrap();
                }
                println!("runner {runner} is off");
            });
        }
        thread::sleep(Duration::from_millis(50));
        *fired.lock().unwrap() = true;
        for _runner in 1..=3 {
            gun.notify_one();
        }
    });
}
//# wrong: outcome is ok; it deadlocked (each runner needs to be woken: notify_all)
use std::{sync::{Condvar, Mutex}, thread, time::Duration};

{
    let (fired, gun) = (Mutex::new(false), Condvar::new());
    thread::scope(|stadium| {
        for runner in 1..=3 {
            let (fired, gun) = (&fired, &gun);
            stadium.spawn(move || {
                drop(gun.wait_while(fired.lock().unwrap(), |fired| !*fired).unwrap());
                println!("runner {runner} is off");
            });
        }
        thread::sleep(Duration::from_millis(50));
        *fired.lock().unwrap() = true;
        gun.notify_one();
    });
}
//# wrong: notifies >= 1; it is 0 (and be told, not late by a sleep)
use std::{sync::Mutex, thread, time::Duration};

{
    let fired = Mutex::new(false);
    thread::scope(|stadium| {
        for runner in 1..=3 {
            let fired = &fired;
            stadium.spawn(move || {
                while !*fired.lock().unwrap() {
                    thread::sleep(Duration::from_millis(30));
                }
                println!("runner {runner} is off");
            });
        }
        thread::sleep(Duration::from_millis(50));
        *fired.lock().unwrap() = true;
    });
}
