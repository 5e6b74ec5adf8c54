//# title: variants of one's own are called Ok and Err, a macro println
#[derive(Debug)]
enum Light {
    Ok,
    Err,
}
use Light::*;

macro_rules! println {
    ($($any:tt)*) => {
        std::println!("light: {}", format_args!($($any)*))
    };
}
let light = Ok;
println!("{light:?}");
//# prints: light: Ok
//# cell
let other = Err;
(light, other)
//# shows: (Ok, Err)
//# cell
let third = Ok;
panic!("dark");
//# error: dark
//# cell
third
//# error: `third` was made in [3], which ended early, by a panic
