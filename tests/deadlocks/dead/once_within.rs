//# title: a Once that runs itself
//# threads: T1
//# kind: cycle
use std::sync::Once;

static SETUP: Once = Once::new();

fn setup() {
    SETUP.call_once(|| { //@ outer
        println!("setting up");
        setup();
    });
}
setup();
