//# title: constructors and functions that are passed on as values
//# threads: 5
use std::sync::Mutex;
use std::thread;
{
    fn work() {}
    let locks: Vec<_> = [1, 2, 3].map(Mutex::new).into();
    thread::scope(|scope| {
        for lock in &locks {
            scope.spawn(|| *lock.lock().unwrap() += 1);
        }
    });
    let threads: Vec<_> = [work as fn(); 1].map(thread::spawn).into();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    println!("{}", locks.iter().map(|lock| *lock.lock().unwrap()).sum::<i32>());
}
