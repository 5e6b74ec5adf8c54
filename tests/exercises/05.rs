//# right: borrowed in a scope, behind an RwLock
use std::{sync::{Arc, RwLock}, thread};

{
    struct Board { station: Arc<str>, trains: RwLock<Vec<String>> }
    let board = Board { station: "Central".into(), trains: RwLock::default() };
    thread::scope(|hall| {
        for clerk in ["east", "west"] {
            let board = &board;
            hall.spawn(move || for train in 1..=3 {
                board.trains.write().unwrap().push(format!("{} to {clerk} {train}", board.station));
            });
        }
    });
    println!("trains: {}", board.trains.into_inner().unwrap().len());
}
//# wrong: outcome is ok; it failed: `RefCell<Vec<String>>` cannot be shared between threads safely
use std::{cell::RefCell, sync::Arc, thread};

{
    struct Board { station: Arc<str>, trains: RefCell<Vec<String>> }
    let board = Arc::new(Board { station: "Central".into(), trains: RefCell::default() });
    let theirs = Arc::clone(&board);
    thread::spawn(move || theirs.trains.borrow_mut().push(theirs.station.to_string())).join().unwrap();
}
