//# title: who spawned whom
//# threads: 4
//# thread T2: name=parent, spawned_by=1
//# thread T3: name=child, spawned_by=2
//# thread T4: name=grandchild, spawned_by=3
use std::thread;
fn spawn(name: &'static str, f: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name(name.into()).spawn(f).unwrap().join().unwrap();
}
spawn("parent", || spawn("child", || spawn("grandchild", || ())));
