//# title: the only thread that could run is blocked reading from another process
//# stdout: done late
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;

{
    let mut child =
        Command::new("sh").args(["-c", "sleep 0.6; echo late"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    });
    print!("done {}", reader.join().unwrap());
    child.wait().unwrap();
}
