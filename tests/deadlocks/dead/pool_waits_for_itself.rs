//# title: the only worker of a pool waits for a job that stands behind it in the queue
//# threads: T1, T2
use std::sync::mpsc::{self, Sender};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

fn answer(queue: &Sender<Job>) -> u32 {
    let (tx, rx) = mpsc::channel();
    let inner_queue = queue.clone();
    queue
        .send(Box::new(move || {
            let (inner_tx, inner_rx) = mpsc::channel();
            inner_queue.send(Box::new(move || inner_tx.send(42).unwrap())).unwrap();
            tx.send(inner_rx.recv().unwrap()).unwrap(); //@ stuck
        }))
        .unwrap();
    rx.recv().unwrap() //@ stuck
}
{
    let (queue, jobs) = mpsc::channel::<Job>();
    let worker = thread::spawn(move || {
        for job in jobs {
            job();
        }
    });
    println!("{}", answer(&queue));
    drop(queue);
    worker.join().unwrap();
}
