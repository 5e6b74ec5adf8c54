//! env_logger: records from two threads, written to standard error.

use std::io::Write;

fn main() {
    env_logger::Builder::new()
        .filter_level(log::LevelFilter::Info)
        .format(|out, record| {
            let thread = std::thread::current();
            writeln!(out, "{:?} {}", thread.name(), record.args())
        })
        .init();
    log::info!("from the main thread");
    std::thread::Builder::new()
        .name("other".into())
        .spawn(|| log::warn!("from another"))
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(log::max_level(), log::LevelFilter::Info);
}
