//# title: workers share a receiver, and work without its lock
//# silent: held_across_work, held_across_wait
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
let (submit, jobs) = mpsc::channel::<u64>();
let jobs = Arc::new(Mutex::new(jobs));
let workers: Vec<_> = (0..2)
    .map(|_| {
        let jobs = jobs.clone();
        thread::spawn(move || {
            loop {
                let job = jobs.lock().unwrap().recv();
                let Ok(job) = job else { break };
                thread::sleep(Duration::from_millis(job));
            }
        })
    })
    .collect();
(0..4).for_each(|_| submit.send(30).unwrap());
drop(submit);
workers.into_iter().for_each(|worker| worker.join().unwrap());
