//# title: what evcxr would take for something else: names of older editions, the crates of Rust
extern crate alloc; use alloc::collections::BTreeMap as Map;
#[macro_use]
extern crate std;
let mut map: Map<u8, u8> = Map::new();
//# cell
map.insert(1, 2);
map
//# shows: {1: 2}
//# cell
extern crate core as basis;
basis::cmp::max(1, 2)
//# shows: 2
//# cell
:edition 2021
struct Random { gen: u8 }
impl Random { fn gen<T: From<u8>>(&self) -> T { T::from(self.gen) } }
let gen = Random { gen: 7 };
println!("{}", gen.gen::<u32>());
//# prints: cells are compiled as Rust 2021 from here on\n7
//# cell
gen.gen::<u8>() + gen.gen
//# shows: 14
//# cell
let text: u8 = gen.gen + "a";
//# error: [6]:1:28
//# cell
:edition 2024
gen.r#gen
//# error: reserved keyword `gen`
//# cell
mod not_there;
//# error: create file "not_there.rs" or "not_there/mod.rs"
//# cell
include_str!("not_there.txt")
//# error: couldn't read `not_there.txt`
//# cell
let n: u8 = "x".parse()?;  
//# error: returned by `?` in [10], line 1
