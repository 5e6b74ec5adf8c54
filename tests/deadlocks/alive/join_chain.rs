//# title: twenty threads, each waits for the one before, the first sleeps
//# stdout: done 20
use std::thread;
use std::time::Duration;

{
    let mut last = thread::spawn(|| {
        thread::sleep(Duration::from_millis(500));
        0
    });
    for _ in 0..20 {
        let before = last;
        last = thread::spawn(move || before.join().unwrap() + 1);
    }
    println!("done {}", last.join().unwrap());
}
