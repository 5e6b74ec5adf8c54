//# title: main holds stdout's lock and joins a thread that prints
//# threads: T1, T2
use std::io::Write;
use std::thread;
{
    let mut out = std::io::stdout().lock();
    writeln!(out, "starting").unwrap();
    let worker = thread::spawn(|| println!("hello")); //@ stuck
    worker.join().unwrap(); //@ stuck
}
