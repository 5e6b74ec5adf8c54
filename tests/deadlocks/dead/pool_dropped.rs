//# title: a pool's `drop` tells one of two workers to stop, and joins both
//# threads: T1
//# objects: state
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

#[derive(Default)]
struct State {
    stop: Mutex<bool>,
    changed: Condvar,
}
struct Pool {
    state: Arc<State>,
    workers: Vec<JoinHandle<()>>,
}
impl Pool {
    fn new(size: usize) -> Pool {
        let state = Arc::new(State::default());
        let worker = |_| {
            let state = state.clone();
            thread::spawn(move || {
                let stop = state.stop.lock().unwrap();
                drop(state.changed.wait_while(stop, |stop| !*stop)); //@ stuck
            })
        };
        Pool { workers: (0..size).map(worker).collect(), state }
    }
}
impl Drop for Pool {
    fn drop(&mut self) {
        thread::sleep(std::time::Duration::from_millis(50));
        *self.state.stop.lock().unwrap() = true;
        self.state.changed.notify_one();
        for worker in self.workers.drain(..) {
            worker.join().unwrap();
        }
    }
}
{
    let pool = Pool::new(2);
    println!("{} workers", pool.workers.len());
}
