//# right: the strongest order everywhere
:explore all
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;

{
    let shelf = [AtomicU32::new(0), AtomicU32::new(0)];
    let counted = AtomicU32::new(0);
    thread::scope(|bakery| {
        for loaf in &shelf {
            let counted = &counted;
            bakery.spawn(move || {
                loaf.store(1, SeqCst);
                counted.fetch_add(1, SeqCst);
            });
        }
        if counted.load(SeqCst) == 2 {
            let loaves: u32 = shelf.iter().map(|loaf| loaf.load(SeqCst)).sum();
            assert_eq!(loaves, 2, "a loaf is missing");
        }
    });
}
//# right: fences
:explore all
use std::sync::atomic::{fence, AtomicU32, Ordering::{Acquire, Relaxed, Release}};
use std::thread;

{
    let shelf = [AtomicU32::new(0), AtomicU32::new(0)];
    let counted = AtomicU32::new(0);
    thread::scope(|bakery| {
        for loaf in &shelf {
            let counted = &counted;
            bakery.spawn(move || {
                loaf.store(1, Relaxed);
                fence(Release);
                counted.fetch_add(1, Relaxed);
            });
        }
        if counted.load(Relaxed) == 2 {
            fence(Acquire);
            let loaves: u32 = shelf.iter().map(|loaf| loaf.load(Relaxed)).sum();
            assert_eq!(loaves, 2, "a loaf is missing");
        }
    });
}
//# wrong: explored.proved
:explore 20
std::thread::scope(|bakery| { bakery.spawn(|| ()); });
