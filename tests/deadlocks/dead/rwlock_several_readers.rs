//# title: a writer waits for two readers, one of which waits for the writer's other lock
//# threads: T2, T3
//# objects: data, log
use std::sync::{Arc, Barrier, Mutex, RwLock};
use std::thread;

{
    let data = Arc::new(RwLock::new(0));
    let log = Arc::new(Mutex::new(Vec::<i32>::new()));
    let ready = Arc::new(Barrier::new(2));
    let main_reads = data.read().unwrap();

    let writer = thread::spawn({
        let (data, log, ready) = (data.clone(), log.clone(), ready.clone());
        move || {
            let mut log = log.lock().unwrap();
            ready.wait();
            *data.write().unwrap() += 1; //@ stuck
            log.push(1);
        }
    });
    let reader = thread::spawn({
        let (data, log) = (data.clone(), log.clone());
        move || {
            let seen = data.read().unwrap();
            ready.wait();
            log.lock().unwrap().push(*seen); //@ stuck
        }
    });
    let _ = reader.join();
    drop(main_reads);
    let _ = writer.join();
}
