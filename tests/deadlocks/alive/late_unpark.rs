//# title: unparked by a thread that sleeps first
//# stdout: done
use std::thread;
use std::time::Duration;

{
    let sleeper = thread::current();
    let waker = thread::spawn(move || {
        thread::sleep(Duration::from_millis(500));
        sleeper.unpark();
    });
    thread::park();
    waker.join().unwrap();
    println!("done");
}
