//# title: a function that was written again is found where it stands now
//# thread T2: name=second, spawned_at=@newer
use std::thread;
fn launch() {
    thread::Builder::new().name("first".into()).spawn(|| ()).unwrap().join().unwrap();
}
launch();
//# cell
// A comment that moves
// everything down.


fn launch() {
    let builder = thread::Builder::new().name("second".into());
    builder.spawn(|| ()).unwrap().join().unwrap(); //@ newer
}
//# cell
launch();
