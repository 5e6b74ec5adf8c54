//# title: lines are right with items before, between and after the statements
//# thread T2: name=one, spawned_at=@one
//# thread T3: name=two, spawned_at=@two
//# thread T4: name=three, spawned_at=@three
use std::thread::{self, JoinHandle};

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_string())
}

let one = named("one").spawn(|| ()).unwrap(); //@ one

struct Later;
impl Later {
    fn go(self) -> JoinHandle<()> {
        named("two").spawn(|| ()).unwrap() //@ two
    }
}
one.join().unwrap();
Later.go().join().unwrap();
let three = {

    named("three").spawn(|| ()).unwrap() //@ three
};
three.join().unwrap();
