//! indicatif: a progress bar that two threads move; its own thread ticks.

use indicatif::{ProgressBar, ProgressDrawTarget};
use std::time::Duration;

fn main() {
    let bar = ProgressBar::with_draw_target(Some(200), ProgressDrawTarget::stderr());
    bar.enable_steady_tick(Duration::from_millis(5));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..100).for_each(|_| bar.inc(1)));
        }
    });
    assert_eq!(bar.position(), 200);
    bar.finish();
}
