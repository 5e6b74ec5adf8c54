// Two threads send into full queues, each before it reads the other's.
// fails: deadlock
:dep crossbeam = "0.8"
use crossbeam::channel::bounded;

fn main() {
    // Each sends two requests before it reads an answer; a queue holds one.
    let (to_b, from_a) = bounded(1);
    let (to_a, from_b) = bounded(1);
    crossbeam::scope(|s| {
        s.spawn(|_| {
            for n in 0..2 {
                to_b.send(n).unwrap();
            }
            for _ in 0..2 {
                from_b.recv().unwrap();
            }
        });
        s.spawn(|_| {
            for _ in 0..2 {
                let n: i32 = from_a.recv().unwrap();
                to_a.send(n * 2).unwrap();
                to_a.send(n * 3).unwrap();
            }
        });
    })
    .unwrap();
}
