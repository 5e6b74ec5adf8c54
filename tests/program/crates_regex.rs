//# title: compiled patterns are kept, and used by threads
:dep regex = "1"
let words = regex::Regex::new(r"\w+").unwrap();
//# cell
let counts: Vec<usize> = std::thread::scope(|s| {
    let threads: Vec<_> = ["a b", "c", "d e f"].map(|text| s.spawn({ let words = &words; move || words.find_iter(text).count() })).into_iter().collect();
    threads.into_iter().map(|t| t.join().unwrap()).collect()
});
assert_eq!(counts, [2, 1, 3]);
//# cell
:dep itertools = "0.14"
use itertools::Itertools;
assert_eq!(words.find_iter("x y x").map(|m| m.as_str()).unique().join("+"), "x+y");
