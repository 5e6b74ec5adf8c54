//# title: the only thread that could send is blocked in a read that began in an earlier cell
//# stdout: done 2
//# fresh: yes
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

let (tx, rx) = mpsc::channel::<usize>();
let reader = thread::spawn(move || {
    let mut child = Command::new("sh").args(["-c", "sleep 2; echo x"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut text = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut text).unwrap();
    child.wait().unwrap();
    tx.send(text.len()).unwrap();
});
//# cell
println!("done {}", rx.recv().unwrap());
