//# title: the scope joins a thread that panicked, and somebody looks at that
//# silent: unjoined_panic
use std::thread;
let result = std::panic::catch_unwind(|| {
    thread::scope(|s| {
        s.spawn(|| panic!("no such file"));
    })
});
println!("{}", result.is_err());
