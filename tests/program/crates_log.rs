//# title: a logger that one cell sets logs what others say
:dep log = { version = "0.4", features = ["std"] }
use std::sync::Mutex;
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
struct Keeping;
impl log::Log for Keeping {
    fn enabled(&self, _: &log::Metadata) -> bool { true }
    fn log(&self, record: &log::Record) { LINES.lock().unwrap().push(record.args().to_string()); }
    fn flush(&self) {}
}
log::set_boxed_logger(Box::new(Keeping)).unwrap();
log::set_max_level(log::LevelFilter::Info);
//# cell
log::info!("one");
log::debug!("not this");
//# cell
:dep parking_lot = "0.12"
log::info!("two");
let numbers = parking_lot::Mutex::new(vec![1]);
//# cell
numbers.lock().push(2);
log::warn!("{:?}", numbers.lock());
assert_eq!(*LINES.lock().unwrap(), ["one", "two", "[1, 2]"]);
assert!(log::set_boxed_logger(Box::new(Keeping)).is_err());
