//# title: a thread that outlives its cell
//# thread T2: name=background, end_ns=null
//# fresh: yes
use std::sync::mpsc;
use std::thread;
let (stop, stopped) = mpsc::channel::<()>();
let background = thread::Builder::new()
    .name("background".into())
    .spawn(move || { let _ = stopped.recv(); })
    .unwrap();
