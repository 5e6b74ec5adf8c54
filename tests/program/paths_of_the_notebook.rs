//# title: paths in a cell begin at the notebook's folder
include_str!("pytest.ini").lines().next().unwrap().to_owned()
//# shows: "[pytest]"
//# cell
#[path = "program/parts/six.rs"]
mod six;
//# cell
six::six() + include_bytes!("../tests/program/parts/six.rs").len().min(1) as u8
//# shows: 7
//# cell
std::fs::read_to_string("pytest.ini").unwrap() == include_str!("pytest.ini")
//# shows: true
//# cell
include_str!("missing.txt")
//# error: couldn't read `missing.txt`
//# cell
:main
fn main() { println!("{}", include_str!("pytest.ini").lines().count() > 1); }
//# prints: true
//# cell
panic!("here");
//# error: panic in [7], line 1
