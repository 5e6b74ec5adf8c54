//# title: the receiver's lock held across the work on each job
//# finds: held_across_work
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
let (submit, jobs) = mpsc::channel::<u64>();
let jobs = Arc::new(Mutex::new(jobs));
let workers: Vec<_> = (0..2)
    .map(|_| {
        let jobs = jobs.clone();
        thread::spawn(move || {
            while let Ok(job) = jobs.lock().unwrap().recv() { //@ place
                thread::sleep(Duration::from_millis(job));
            }
        })
    })
    .collect();
(0..4).for_each(|_| submit.send(30).unwrap());
drop(submit);
workers.into_iter().for_each(|worker| worker.join().unwrap());
