//# title: what is still in the queue at the end of the cell is queued, not lost
//# channel letters → mailbox: sent=5, received=1, queued=4, lost=0, max_queued=5, receiver_alive=true, senders=2, type=String
use std::sync::mpsc;
let (letters, mailbox) = mpsc::channel::<String>();
let second = letters.clone();
for n in 0..5 {
    letters.send(format!("letter {n}")).unwrap();
}
mailbox.recv().unwrap()
