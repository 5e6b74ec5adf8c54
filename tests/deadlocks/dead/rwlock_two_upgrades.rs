//# title: two readers want to become writers, each waits for the other to stop reading
//# objects: table
use std::sync::{Arc, Barrier, RwLock};
use std::thread;

{
    let table = Arc::new(RwLock::new(vec![1, 2, 3]));
    let both_read = Arc::new(Barrier::new(2));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let (table, both_read) = (table.clone(), both_read.clone());
            thread::spawn(move || {
                let seen = table.read().unwrap();
                both_read.wait();
                table.write().unwrap().push(seen[0]); //@ stuck
            })
        })
        .collect();
    for w in workers {
        w.join().unwrap();
    }
}
