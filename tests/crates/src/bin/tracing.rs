//! tracing: spans and events of two threads, written to our standard output by its subscriber.

use tracing::{Level, info, span};

fn main() {
    tracing_subscriber::fmt().with_max_level(Level::INFO).with_thread_ids(true).init();
    let span = span!(Level::INFO, "work", n = 1);
    let entered = span.enter();
    info!("from the main thread");
    std::thread::spawn(|| info!("from another")).join().unwrap();
    drop(entered);
    assert!(tracing::enabled!(Level::INFO));
}
