//! Two classes of threads: the first of a class takes a lock for all of it, under another lock.

use std::sync::Mutex;
use std::thread;

const MENDED: bool = false;

fn class(members: &Mutex<i32>, resource: &Mutex<()>) {
    let mut held = MENDED.then(|| resource.lock().unwrap());
    let mut count = members.lock().unwrap();
    *count += 1;
    if !MENDED {
        held = Some(resource.lock().unwrap());
    }
    drop(count);
    *members.lock().unwrap() -= 1;
    drop(held);
}

fn main() {
    let (members, resource) = (Mutex::new(0), Mutex::new(()));
    thread::scope(|scope| {
        scope.spawn(|| class(&members, &resource));
        scope.spawn(|| class(&members, &resource));
        scope.spawn(|| {});
        scope.spawn(|| {});
    });
}
