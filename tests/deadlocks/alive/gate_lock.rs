//# title: opposite orders, but only ever under a third lock
//# stdout: done 40 40
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

{
    let gate = Arc::new(Mutex::new(()));
    let a = Arc::new(Mutex::new(0));
    let b = Arc::new(Mutex::new(0));
    let take = |x: &Arc<Mutex<i32>>, y: &Arc<Mutex<i32>>| {
        let (gate, x, y) = (gate.clone(), x.clone(), y.clone());
        thread::spawn(move || {
            for _ in 0..20 {
                let _gate = gate.lock().unwrap();
                let mut x = x.lock().unwrap();
                thread::sleep(Duration::from_millis(1));
                let mut y = y.lock().unwrap();
                *x += 1;
                *y += 1;
            }
        })
    };
    let one = take(&a, &b);
    let other = take(&b, &a);
    one.join().unwrap();
    other.join().unwrap();
    println!("done {} {}", a.lock().unwrap(), b.lock().unwrap());
}
