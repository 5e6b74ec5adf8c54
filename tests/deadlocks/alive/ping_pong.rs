//# title: two threads take turns, nearly always both blocked
//# stdout: done 2000
use std::sync::mpsc;
use std::thread;

{
    let (ping, pings) = mpsc::channel::<u32>();
    let (pong, pongs) = mpsc::channel::<u32>();
    let player = thread::spawn(move || {
        for n in pings {
            pong.send(n + 1).unwrap();
        }
    });
    let mut n = 0;
    for _ in 0..2_000 {
        ping.send(n).unwrap();
        n = pongs.recv().unwrap();
    }
    drop(ping);
    player.join().unwrap();
    println!("done {n}");
}
