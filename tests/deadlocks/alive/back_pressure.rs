//# title: a slow consumer behind a bounded channel
//# stdout: done 190
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

{
    let (tx, rx) = mpsc::sync_channel(1);
    let producer = thread::spawn(move || (0..20).for_each(|n| tx.send(n).unwrap()));
    let mut sum = 0;
    for n in rx {
        thread::sleep(Duration::from_millis(20));
        sum += n;
    }
    producer.join().unwrap();
    println!("done {sum}");
}
