// A cell that is copied while another thread writes, and copied again if so: the copy races.
// races: crossbeam-utils
:dep crossbeam-utils = "0.8"
use crossbeam_utils::atomic::AtomicCell;
use std::thread;
let cell = AtomicCell::new([0_u64; 2]);
thread::scope(|s| {
    s.spawn(|| cell.store([1; 2]));
    let seen = cell.load();
    assert!(seen == [0; 2] || seen == [1; 2]);
});
