//! Prints `name nanoseconds` of an uncontended lock and unlock under each of the rivals: the best
//! of many runs.

use std::time::Instant;

fn main() {
    let mutex = parking_lot::Mutex::new(0_u64);
    report("parking_lot", || *mutex.lock() += 1);
    let mutex = tracing_mutex::stdsync::tracing::Mutex::new(0_u64);
    report("tracing-mutex", || *mutex.lock().unwrap() += 1);
    deloxide::Deloxide::new().start().unwrap();
    let mutex = deloxide::Mutex::new(0_u64);
    report("deloxide", || *mutex.lock() += 1);
}

fn report(name: &str, f: impl Fn()) {
    const TIMES: u32 = 20_000;
    let run = |_| {
        let start = Instant::now();
        (0..TIMES).for_each(|_| f());
        start.elapsed().as_nanos() as f64 / f64::from(TIMES)
    };
    let best = (0..101).map(run).fold(f64::INFINITY, f64::min);
    println!("{name} {best:.1}");
}
