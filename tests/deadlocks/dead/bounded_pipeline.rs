//# title: a pipeline whose last stage waits for the first, which waits for room
//# objects: raw_tx → raw_rx
use std::sync::mpsc;
use std::thread;

{
    let (raw_tx, raw_rx) = mpsc::sync_channel::<u32>(1);
    let (start_tx, start_rx) = mpsc::channel::<()>();
    let source = thread::spawn(move || {
        for n in 0..10 {
            if raw_tx.send(n).is_err() { //@ stuck
                return;
            }
        }
        let _ = start_tx.send(());
    });
    let sink = thread::spawn(move || {
        let _ = start_rx.recv(); //@ stuck
        raw_rx.iter().count()
    });
    let _ = source.join();
    let _ = sink.join();
}
