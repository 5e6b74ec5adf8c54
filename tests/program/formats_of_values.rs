//# title: :fmt and :types say how a value is shown
:fmt {:#?}
//# cell
(1, vec![2])
//# shows: (\n    1,\n    [\n        2,\n    ],\n)
//# cell
:types
//# cell
(1u8, vec![String::from("a")])
//# shows: : (u8, Vec<String>) = (\n    1,\n    [\n        "a",\n    ],\n)
//# cell
:types
:fmt {:.2}
//# cell
2.0_f64 / 3.0
//# shows: 0.67
//# cell
struct Dull;
Dull
//# error: `Dull` doesn't implement `std::fmt::Display`
//# error: --> [7]:2:1
//# cell
struct Own;
impl Own { fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/plain\nown\nEVCXR_END_CONTENT"); } }
Own
//# shows: own
//# cell
:fmt {} and {}
//# error: one pair of braces
//# cell
:fmt {:?}
//# cell
let kept = vec![1, 2];
kept
//# shows: [1, 2]
//# cell
kept.len()
//# shows: 2
