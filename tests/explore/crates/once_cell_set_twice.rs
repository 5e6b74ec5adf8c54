// A cell is looked at, and set in a second step.
// fails: panic
:dep once_cell = "1"
use once_cell::sync::OnceCell;
use std::thread;

static CONFIG: OnceCell<String> = OnceCell::new();

fn name() -> &'static str {
    if CONFIG.get().is_none() {
        CONFIG.set("default".to_owned()).expect("set once");
    }
    CONFIG.get().unwrap()
}

fn main() {
    let other = thread::spawn(name);
    assert_eq!(name(), "default");
    other.join().unwrap();
}
