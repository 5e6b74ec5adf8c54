// Two threads look for a key, and then insert it.
// fails: panic
:dep dashmap = "6"
use dashmap::DashMap;
use std::sync::Arc;
use std::thread;

fn main() {
    let seats: Arc<DashMap<u32, &'static str>> = Arc::new(DashMap::with_shard_amount(2));
    let book = |name: &'static str| {
        let seats = Arc::clone(&seats);
        thread::spawn(move || {
            if !seats.contains_key(&12) {
                seats.insert(12, name);
                true
            } else {
                false
            }
        })
    };
    let (ann, bob) = (book("Ann"), book("Bob"));
    let got = [ann.join().unwrap(), bob.join().unwrap()];
    assert_ne!(got, [true, true], "both have seat 12");
}
