//# title: a panic that another thread had and that is passed on is told
use std::thread;
//# cell
let t = thread::spawn(|| {
    let i = 5;
    panic!("six {i}");
});
std::panic::resume_unwind(t.join().unwrap_err());
//# error: panic in [2], line 3: six 5
//# cell
thread::scope(|s| {
    let t = s.spawn(|| panic!("seven"));
    std::panic::resume_unwind(t.join().unwrap_err());
});
//# error: panic in [3], line 2: seven
//# cell
std::panic::resume_unwind(Box::new("given"));
//# error: given
//# cell
:dep rayon = "1"
use rayon::prelude::*;
(0..10).into_par_iter().for_each(|i| if i == 5 { panic!("six {i}") });
//# error: panic in [5], line 3: six 5
