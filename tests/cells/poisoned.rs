//# title: the panic that poisoned a lock, and the thread that panicked
//# lock fragile: acquisitions=2, poisoned=true
//# thread T2: name=clumsy, state=panicked
use std::sync::{Arc, Mutex};
use std::thread;
let fragile = Arc::new(Mutex::new(1));
let broken = {
    let fragile = fragile.clone();
    thread::Builder::new()
        .name("clumsy".into())
        .spawn(move || {
            let _guard = fragile.lock().unwrap();
            panic!("dropped it");
        })
        .unwrap()
        .join()
        .is_err()
};
println!("{broken} {}", fragile.lock().is_err());
