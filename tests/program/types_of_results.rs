//# title: results, question marks and patterns
use std::error::Error;
fn parse(s: &str) -> Result<i32, Box<dyn Error>> { Ok(s.trim().parse::<i32>()?) }
let good = parse("42");
let bad = parse("x");
//# cell
println!("{good:?} {}", bad.as_ref().unwrap_err());
let all: Result<Vec<_>, _> = ["1", "2", "3"].iter().map(|s| parse(s)).collect();
let n = all?;
//# prints: Ok(42) invalid digit found in string
//# cell
n
//# shows: [1, 2, 3]
//# cell
let m: i32 = "77".parse()?;
let doubled = m.checked_mul(2).ok_or("overflow")?;
//# cell
doubled
//# shows: 154
//# cell
let z: i32 = "seven".parse()?;
//# error: invalid digit found in string
//# cell
z
//# error: cannot find value `z` in this scope
//# error: `z` was made in [6], which ended early, by a panic or a `?`
//# cell
m
//# shows: 77
//# cell
#[derive(Debug)] enum AppError { Io(std::io::Error), Parse(std::num::ParseIntError) }
impl From<std::num::ParseIntError> for AppError { fn from(e: std::num::ParseIntError) -> Self { AppError::Parse(e) } }
fn run(s: &str) -> Result<i32, AppError> { Ok(s.parse::<i32>()? * 2) }
let outcome = run("21"); let failed = run("?").map_err(|e| format!("{e:?}"));
//# cell
match (outcome, failed) { (Ok(n), Err(e)) => println!("{n} {e}"), _ => unreachable!() }
//# prints: 42 Parse(ParseIntError { kind: InvalidDigit })
//# cell
let file = std::fs::read_to_string("/proc/nothing");
let kind = file.as_ref().map_err(|e| e.kind()).err();
//# cell
kind
//# shows: Some(NotFound)
//# cell
let Some(x) = Some(5) else { panic!() };
let opt @ Some(inner) = Some("text") else { panic!() };
//# cell
(x, opt, inner)
//# shows: (5, Some("text"), "text")
