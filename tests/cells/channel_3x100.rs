//# title: three producers send a hundred each
//# threads: 4
//# channel tx → rx: kind=channel, capacity=null, sent=300, received=300, lost=0, queued=0, senders=0, max_queued>=1, max_queued<=300, created_at=@made, type=u32
use std::sync::mpsc;
use std::thread;
let (tx, rx) = mpsc::channel::<u32>(); //@ made
for id in 0..3 {
    let tx = tx.clone();
    thread::spawn(move || (0..100).for_each(|n| tx.send(id * 100 + n).unwrap()));
}
drop(tx);
println!("{}", rx.iter().count());
