//# title: what is said of a cell is not said of a function in it
fn late(is_late: bool) -> i32 {
    if is_late {
        return "late";
    }
    1
}
//# error: mismatched types
//# not: a cell returns nothing
//# cell
fn small(n: u8) -> Result<u8, String> {
    if n > 3 {
        return Err(n);
    }
    Ok(n)
}
//# error: mismatched types
//# not: ends a cell with an error
//# cell
fn nothing() {
    return 5;
}
//# error: mismatched types
//# not: a cell returns nothing
//# cell
struct Quiet;
println!("{:?}", Quiet);
1
//# error: `Quiet` doesn't implement `Debug`
//# not: last expression is shown
//# cell
struct Quiet {};
Quiet {}
//# error: a cell's last expression is shown, unless `;` follows it
//# cell
let number = 5;
return number;
//# error: a cell returns nothing: `return Ok(())` ends it early
//# cell
let number: i32 = "5".parse()?;
return number;
//# error: a cell returns nothing: `return Ok(())` ends it early
//# cell
enum Mode {
    Quick,
    Slow,
};
impl Mode {
    fn name(&self) -> &str {
        match self {
            Mode::Quick => "quick",
            Mode::Slow => "slow",
        }
    }
};
Mode::Slow.name()
//# shows: "slow"
