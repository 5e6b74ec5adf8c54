//# title: a writer reads what it is writing
//# threads: T1
//# objects: config
use std::sync::RwLock;

{
    let config = RwLock::new(1);
    let mut writing = config.write().unwrap();
    *writing = *config.read().unwrap() + 1; //@ stuck
}
