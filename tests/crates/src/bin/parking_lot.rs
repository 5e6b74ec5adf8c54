//! parking_lot: its mutex, reader-writer lock and condition variable, which park by themselves.

use parking_lot::{Condvar, Mutex, RwLock};

fn main() {
    let (counter, done) = (Mutex::new(0), Condvar::new());
    let table = RwLock::new(vec![0; 4]);
    std::thread::scope(|scope| {
        for i in 0..4 {
            let (counter, done, table) = (&counter, &done, &table);
            scope.spawn(move || {
                for _ in 0..1_000 {
                    *counter.lock() += 1;
                }
                table.write()[i] = i;
                done.notify_one();
            });
        }
        let mut count = counter.lock();
        while *count < 4_000 {
            done.wait_for(&mut count, std::time::Duration::from_millis(10));
        }
    });
    assert_eq!(*table.read(), [0, 1, 2, 3]);
}
