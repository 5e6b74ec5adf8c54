//# title: a static is called what it is called
//# lock TOTAL: acquisitions=51
use std::sync::Mutex;
static TOTAL: Mutex<u64> = Mutex::new(0);
fn add_up() -> u64 {
    std::thread::scope(|s| {
        for n in 0..5 {
            s.spawn(move || (0..10).for_each(|_| *TOTAL.lock().unwrap() += n));
        }
    });
    *TOTAL.lock().unwrap()
}
add_up()
