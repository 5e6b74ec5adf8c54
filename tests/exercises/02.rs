//# right: the original moves into the last station
use std::{sync::mpsc, thread};

{
    let (tx, rx) = mpsc::channel();
    let clones = [tx.clone(), tx.clone(), tx];
    for tx in clones {
        thread::spawn(move || (0..100).for_each(|degrees| tx.send(degrees).unwrap()));
    }
    println!("{} readings", rx.iter().count());
}
//# right: with a bound
use std::{sync::mpsc, thread};

{
    let (tx, rx) = mpsc::sync_channel(4);
    thread::scope(|stations| {
        for _station in 1..=3 {
            let tx = tx.clone();
            stations.spawn(move || (0..100).for_each(|degrees| tx.send(degrees).unwrap()));
        }
        drop(tx);
        println!("{} readings", rx.into_iter().count());
    });
}
//# wrong: outcome is ok; it deadlocked (a receiver waits as long as one sender is alive: is the first tx?)
use std::{sync::mpsc, thread};

{
    let (tx, rx) = mpsc::channel();
    for _station in 1..=3 {
        let tx = tx.clone();
        thread::spawn(move || (0..100).for_each(|degrees| tx.send(degrees).unwrap()));
    }
    println!("{} readings", rx.into_iter().count());
}
//# wrong: received == 300; it is 299 (take them all)
use std::{sync::mpsc, thread};

{
    let (tx, rx) = mpsc::channel();
    let stations: Vec<_> = (1..=3).map(|_| {
        let tx = tx.clone();
        thread::spawn(move || (0..100).for_each(|degrees| { let _ = tx.send(degrees); }))
    }).collect();
    stations.into_iter().for_each(|station| station.join().unwrap());
    println!("{} readings", rx.into_iter().take(299).count());
}
