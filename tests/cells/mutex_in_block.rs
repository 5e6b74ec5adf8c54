//# title: a block's own variables have names, too
//# lock score: acquisitions=301
use std::sync::Mutex;
{
    let score = Mutex::new(0);
    std::thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| (0..100).for_each(|_| *score.lock().unwrap() += 1));
        }
    });
    println!("{}", score.lock().unwrap());
}
