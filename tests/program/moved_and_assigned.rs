//# title: a variable that a cell moves and assigns again is kept
let mut s = String::from("a");
let mut v = vec![1, 2];
let mut o = Some(String::from("o"));
let mut pair = (String::from("l"), String::from("r"));
//# cell
s = s + "b";
v = v.into_iter().map(|n| n * 2).collect();
//# cell
println!("{s} {v:?}");
//# prints: ab [2, 4]
//# cell
fn grown(mut v: Vec<i32>, n: i32) -> Vec<i32> { v.push(n); v }
v = grown(v, "5".parse()?);
v = grown(v, 6);
match o { Some(text) => o = Some(text + "!"), None => {} }
(pair.0, pair.1) = (pair.1, pair.0);
//# cell
(&v, &o, &pair)
//# shows: ([2, 4, 5, 6], Some("o!"), ("r", "l"))
//# cell
for n in 0..2 { let t = s; s = format!("{t}{n}"); }
s
//# shows: "ab01"
//# cell
s = std::thread::spawn(move || s + "?").join().unwrap();
//# cell
s
//# shows: "ab01?"
//# cell
let t = s;
if t.len() > 100 { s = String::new(); }
//# cell
s
//# error: `s` was moved in [9], line 1
//# cell
v = { let taken = v; if taken.len() == 4 { return Ok(()); } taken };
//# cell
v
//# error: `v` was made in [1], and moved in [11], which returned before it was assigned again
//# cell
o = { let taken = o; panic!("no {taken:?}") };
//# error: no Some("o!")
//# cell
o
//# error: `o` was made in [1], and used in [13], which ended early
//# cell
pair
//# shows: ("r", "l")
