// A value that is made once: by a lock, lazily, and by a race that only one wins.
:dep once_cell = "1"
use once_cell::race::OnceBox;
use once_cell::sync::{Lazy, OnceCell};
use std::thread;
static LAZY: Lazy<Vec<i32>> = Lazy::new(|| vec![1]);
static CELL: OnceCell<Vec<i32>> = OnceCell::new();
static BOX: OnceBox<Vec<i32>> = OnceBox::new();
thread::scope(|s| {
    for _ in 0..2 {
        s.spawn(|| {
            let made = CELL.get_or_init(|| vec![2]);
            let won = BOX.get_or_init(|| Box::new(vec![3]));
            assert_eq!(LAZY[0] + made[0] + won[0], 6);
        });
    }
});
