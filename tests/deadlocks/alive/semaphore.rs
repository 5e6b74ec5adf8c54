//# title: ten threads through a home-made semaphore of two
//# stdout: done 2
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

struct Semaphore {
    free: Mutex<u32>,
    freed: Condvar,
}
impl Semaphore {
    fn acquire(&self) {
        let mut free = self.freed.wait_while(self.free.lock().unwrap(), |n| *n == 0).unwrap();
        *free -= 1;
    }
    fn release(&self) {
        *self.free.lock().unwrap() += 1;
        self.freed.notify_one();
    }
}

{
    let seats = Arc::new(Semaphore { free: Mutex::new(2), freed: Condvar::new() });
    let guests: Vec<_> = (0..10)
        .map(|_| {
            let seats = seats.clone();
            thread::spawn(move || {
                seats.acquire();
                thread::sleep(Duration::from_millis(20));
                seats.release();
            })
        })
        .collect();
    for g in guests {
        g.join().unwrap();
    }
    println!("done {}", seats.free.lock().unwrap());
}
