//# title: a subscriber that one cell installs hears the spans of others
:dep tracing = "0.1"
:dep tracing-subscriber = "0.3"
use std::sync::{Arc, Mutex};
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);
impl std::io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { self.0.lock().unwrap().extend(bytes); Ok(bytes.len()) }
    fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
}
let kept = Kept::default();
let writer = kept.clone();
tracing_subscriber::fmt().without_time().with_ansi(false).with_writer(move || writer.clone()).init();
//# cell
#[tracing::instrument]
fn work(n: u32) { tracing::info!("worked"); }
work(3);
//# cell
std::thread::spawn(|| work(4)).join().unwrap();
let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
assert!(text.contains("work{n=3}") && text.contains("work{n=4}"), "{text}");
