//# title: both orders, but never at the same time
//# stdout: done 2
use std::sync::{Arc, Mutex};
use std::thread;

{
    let a = Arc::new(Mutex::new(0));
    let b = Arc::new(Mutex::new(0));
    for swap in [false, true] {
        let (x, y) = if swap { (b.clone(), a.clone()) } else { (a.clone(), b.clone()) };
        thread::spawn(move || {
            let mut x = x.lock().unwrap();
            let mut y = y.lock().unwrap();
            *x += 1;
            *y += 1;
        })
        .join()
        .unwrap();
    }
    println!("done {}", a.lock().unwrap());
}
