//# title: the last expression has an attribute
let number = 4;
#[cfg(unix)]
{
    number + 1
}
//# shows: 5
//# cell
#[cfg(not(unix))]
{
    println!("elsewhere");
}
//# prints:
//# cell
#[allow(clippy::match_single_binding)]
match number {
    n => n * 2,
}
//# shows: 8
//# cell
struct Silent;
#[cfg(unix)]
{
    Silent
}
//# error: `Silent` doesn't implement `Debug`
