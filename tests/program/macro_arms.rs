//# title: macros with many arms and repetition
macro_rules! hashmap { ($($k:expr => $v:expr),* $(,)?) => {{ let mut m = std::collections::BTreeMap::new(); $(m.insert($k, $v);)* m }}; }
let m = hashmap! { "a" => 1, "b" => 2 };
println!("{:?}", m);
//# prints: {"a": 1, "b": 2}
//# cell
hashmap! { 1 => 2 }
//# shows: {1: 2}
//# cell
macro_rules! newtype { ($(#[$m:meta])* $v:vis struct $n:ident($t:ty);) => { $(#[$m])* $v struct $n($t); impl $n { fn get(&self) -> &$t { &self.0 } } }; }
newtype! { #[derive(Debug)] pub struct Metres(f64); }
//# cell
let d = Metres(2.5);
println!("{:?} {}", d, d.get());
//# prints: Metres(2.5) 2.5
//# cell
newtype! { #[derive(Debug)] pub struct Metres(u8); }
//# cell
println!("{:?}", Metres(3).get());
//# prints: 3
