//# title: a reader wants to become a writer
//# threads: T1
//# objects: config
use std::sync::RwLock;

{
    let config = RwLock::new(String::from("old"));
    let seen = config.read().unwrap();
    if *seen == "old" {
        *config.write().unwrap() = "new".into(); //@ stuck
    }
}
