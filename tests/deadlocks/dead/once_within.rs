//# title: a Once that runs itself
//# threads: T1
use std::sync::Once;

static SETUP: Once = Once::new();

fn setup() {
    SETUP.call_once(|| { //@ outer
        println!("setting up");
        setup();
    });
}
setup();
