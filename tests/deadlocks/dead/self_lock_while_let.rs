//# title: the guard in a while let lives through the body
//# threads: T1
//# objects: jobs
use std::collections::VecDeque;
use std::sync::Mutex;

{
    let jobs = Mutex::new(VecDeque::from([3]));
    while let Some(n) = jobs.lock().unwrap().pop_front() {
        if n > 0 {
            jobs.lock().unwrap().push_back(n - 1); //@ stuck
        }
    }
}
