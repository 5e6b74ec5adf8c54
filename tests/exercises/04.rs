//# right: ten lines under one guard
use std::{sync::{Arc, Mutex}, thread};

{
    let book = Arc::new(Mutex::new(vec![]));
    let guests = ["Ada", "Grace", "Edsger", "Tony"].map(|guest| {
        let book = book.clone();
        thread::spawn(move || {
            let mut pages = book.lock().unwrap();
            pages.extend((1..=10).map(|line| format!("{guest}, line {line}")));
        })
    });
    guests.into_iter().for_each(|guest| guest.join().unwrap());
    println!("lines: {}", Arc::into_inner(book).unwrap().into_inner().unwrap().len());
}
//# right: an RwLock
use std::{sync::{Arc, RwLock}, thread};

{
    let book = Arc::new(RwLock::new(vec![]));
    let guests = ["Ada", "Grace", "Edsger", "Tony"].map(|guest| {
        let book = Arc::clone(&book);
        thread::spawn(move || for line in 1..=10 {
            book.write().unwrap().push(format!("{guest}, line {line}"));
        })
    });
    guests.into_iter().for_each(|guest| guest.join().unwrap());
    println!("lines: {}", book.read().unwrap().len());
}
//# wrong: outcome is ok; it failed: `Rc<std::sync::Mutex<Vec<String>>>` cannot be sent between threads safely
use std::{rc::Rc, sync::Mutex, thread};

{
    let book: Rc<Mutex<Vec<String>>> = Rc::default();
    let theirs = Rc::clone(&book);
    thread::spawn(move || theirs.lock().unwrap().push("Ada".into())).join().unwrap();
}
//# wrong: output contains "lines: 40"; the cell did not print it
use std::{sync::{Arc, Mutex}, thread};

{
    let book: Arc<Mutex<Vec<String>>> = Arc::default();
    for guest in ["Ada", "Grace", "Edsger", "Tony"] {
        let book = Arc::clone(&book);
        thread::spawn(move || book.lock().unwrap().push(guest.to_string())).join().unwrap();
    }
    println!("lines: {}", book.lock().unwrap().len());
}
