//# title: what the receiver left unread is lost
//# channel tx → rx: sent=300, received=250, lost=50, queued=0, receiver_alive=false
use std::sync::mpsc;
{
    let (tx, rx) = mpsc::channel();
    (0..300).for_each(|n| tx.send(n).unwrap());
    println!("{}", rx.iter().take(250).count());
    drop(rx);
    drop(tx);
}
