// Workers take jobs by `select!` until there are none, or they are told to stop.
:dep crossbeam = "0.8"
use crossbeam::channel::{bounded, select};

fn main() {
    let (jobs, work) = bounded::<u32>(1);
    let (answers, results) = bounded::<u32>(2);
    let (stop, stopped) = bounded::<()>(0);
    crossbeam::scope(|s| {
        for _ in 0..2 {
            let work = work.clone();
            let answers = answers.clone();
            let stopped = stopped.clone();
            s.spawn(move |_| loop {
                select! {
                    recv(work) -> job => match job {
                        Ok(n) => answers.send(n * n).unwrap(),
                        Err(_) => break,
                    },
                    recv(stopped) -> _ => break,
                }
            });
        }
        drop((work, answers, stopped));
        for n in 1..=3 {
            jobs.send(n).unwrap();
        }
        drop(jobs);
        let sum: u32 = results.iter().sum();
        assert_eq!(sum, 14);
        drop(stop);
    })
    .unwrap();
}
