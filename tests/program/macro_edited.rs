//# title: a macro of the notebook can be used above its definition, and edited
macro_rules! greet { ($n:expr) => { format!("hello {}", $n) }; }
fn polite(name: &str) -> String { greet!(name) }
println!("{}", polite("Ferris"));
//# prints: hello Ferris
//# cell
macro_rules! greet { ($n:expr) => { format!("good day {}", $n) }; }
//# cell
println!("{} and {}", polite("Ferris"), greet!("crab"));
//# prints: good day Ferris and good day crab
//# cell
mod tools { pub fn shout(s: &str) -> String { greet!(s).to_uppercase() } }
println!("{}", tools::shout("x"));
//# prints: GOOD DAY X
