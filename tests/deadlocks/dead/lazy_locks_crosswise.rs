//# title: two LazyLocks are first used by two threads, and each needs the other
//# threads: T2, T3
use std::sync::{Barrier, LazyLock};
use std::thread;

static BOTH_BEGAN: Barrier = Barrier::new(2);
static EGG: LazyLock<u32> = LazyLock::new(|| {
    BOTH_BEGAN.wait();
    *CHICKEN + 1
});
static CHICKEN: LazyLock<u32> = LazyLock::new(|| {
    BOTH_BEGAN.wait();
    *EGG + 1
});

fn both() {
    let egg = thread::spawn(|| *EGG);
    let chicken = thread::spawn(|| *CHICKEN);
    let _ = egg.join();
    let _ = chicken.join();
}
both();
