//# title: the loop over the receiver ends when the last producer does
//# stdout: done 30
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

let (tx, rx) = mpsc::channel();
for id in 0..3u64 {
    let tx = tx.clone();
    thread::spawn(move || {
        for n in 0..5 {
            thread::sleep(Duration::from_millis(20 * (id + 1)));
            tx.send(n).unwrap();
        }
    });
}
drop(tx);
println!("done {}", rx.iter().sum::<i32>());
