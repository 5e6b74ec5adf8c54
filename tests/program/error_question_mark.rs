//# title: `?` that can't convert, or has nowhere to go, is explained in a cell's words
#[derive(Debug)]
enum Trouble { Deep }
fn fails() -> Result<i32, Trouble> { Err(Trouble::Deep) }
//# cell
fails()?;
//# error: `?` couldn't convert the error: `Trouble: std::fmt::Display` is not satisfied
//# error: --> [2]:1:8
//# error: an error that `?` takes out of a cell is printed
//# not: Evcxr
//# not: generated code
//# cell
let nothing: Option<i32> = None;
nothing?;
//# error: the `?` operator can only be used on `Result`s, not `Option`s, in a cell
//# error: --> [3]:2:8
//# not: Evcxr
//# not: closure
//# cell
fn parsed(text: &str) -> i32 { text.parse::<i32>()? }
//# error: the `?` operator can only be used in a function that returns `Result` or `Option`
//# error: this function should return `Result` or `Option`
//# cell
fn parsed(text: &str) -> Result<i32, Trouble> { Ok(text.parse::<i32>()?) }
//# error: `?` couldn't convert the error to `Trouble`
//# error: the trait `From<ParseIntError>` is not implemented for `Trouble`
//# not: an error that `?` takes out of a cell
//# cell
let n: i32 = "41".parse()?;
println!("{}", n + 1);
//# prints: 42
//# cell
// The second `?` is the one that fails.
let n: i32 = "41".parse()?;
let m: i32 = "4x".parse()?;
//# error: returned by `?` in [7], line 3: invalid digit found in string
