//# title: opposite orders, but both give way with try_lock
//# stdout: done 20
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

fn take_both(first: &Mutex<u32>, second: &Mutex<u32>) {
    loop {
        let mut x = first.lock().unwrap();
        thread::sleep(Duration::from_millis(2));
        if let Ok(mut y) = second.try_lock() {
            *x += 1;
            *y += 1;
            return;
        }
        drop(x);
        thread::yield_now();
    }
}
{
    let a = Arc::new(Mutex::new(0));
    let b = Arc::new(Mutex::new(0));
    let up = thread::spawn({
        let (a, b) = (a.clone(), b.clone());
        move || (0..10).for_each(|_| take_both(&a, &b))
    });
    let down = thread::spawn({
        let (a, b) = (a.clone(), b.clone());
        move || (0..10).for_each(|_| take_both(&b, &a))
    });
    up.join().unwrap();
    down.join().unwrap();
    println!("done {}", a.lock().unwrap());
}
