//# title: four threads, twenty rounds
//# barrier line: size=4, generations=20, waits=80
use std::sync::{Arc, Barrier};
use std::thread;
let line = Arc::new(Barrier::new(4));
let runners: Vec<_> = (0..4)
    .map(|_| {
        let line = line.clone();
        thread::spawn(move || (0..20).filter(|_| line.wait().is_leader()).count())
    })
    .collect();
println!("{}", runners.into_iter().map(|r| r.join().unwrap()).sum::<usize>());
