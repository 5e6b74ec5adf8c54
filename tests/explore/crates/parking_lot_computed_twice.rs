// A cache is looked into under a lock, and filled under another one.
// fails: panic
:dep parking_lot = "0.12"
use parking_lot::RwLock;
use std::collections::HashMap;
use std::thread;

static CACHE: RwLock<Option<HashMap<u32, u32>>> = RwLock::new(None);
static COMPUTED: RwLock<u32> = RwLock::new(0);

fn square(n: u32) -> u32 {
    if let Some(map) = CACHE.read().as_ref() {
        if let Some(&known) = map.get(&n) {
            return known;
        }
    }
    *COMPUTED.write() += 1;
    CACHE.write().get_or_insert_default().insert(n, n * n);
    n * n
}

fn main() {
    let other = thread::spawn(|| square(7));
    let mine = square(7);
    assert_eq!(mine, other.join().unwrap());
    assert_eq!(*COMPUTED.read(), 1, "computed twice");
}
