//# title: a tree of threads that join their children
//# stdout: done 16
use std::thread;
use std::time::Duration;

fn tree(depth: u32) -> u32 {
    if depth == 0 {
        thread::sleep(Duration::from_millis(200));
        return 1;
    }
    let (left, right) = (thread::spawn(move || tree(depth - 1)), thread::spawn(move || tree(depth - 1)));
    left.join().unwrap() + right.join().unwrap()
}
println!("done {}", tree(4));
