//# title: a thread sleeps in C
//# stdout: done 3
use std::sync::mpsc;
use std::thread;

{
    unsafe extern "C" {
        fn usleep(microseconds: u32) -> i32;
    }
    let (tx, rx) = mpsc::channel();
    let sleeper = thread::spawn(move || {
        // SAFETY: usleep takes any number and touches no memory of ours.
        unsafe { usleep(600_000) };
        tx.send(3).unwrap();
    });
    println!("done {}", rx.recv().unwrap());
    sleeper.join().unwrap();
}
