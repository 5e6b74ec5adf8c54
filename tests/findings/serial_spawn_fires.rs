//# title: spawned and joined at once in a loop
//# finds: serial_spawns
use std::thread;
use std::time::Duration;
for n in 0..5 {
    let t = thread::spawn(move || { thread::sleep(Duration::from_millis(20)); n }); //@ place
    t.join().unwrap();
}
