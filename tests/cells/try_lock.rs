//# title: a failed try is counted apart from what was acquired
//# lock door: acquisitions=2, failed_tries=3, contended=0
use std::sync::Mutex;
{
    let door = Mutex::new(());
    let held = door.lock().unwrap();
    let refused = (0..3).filter(|_| door.try_lock().is_err()).count();
    drop(held);
    println!("{refused} {}", door.try_lock().is_ok());
}
