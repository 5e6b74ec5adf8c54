//# title: types of iterators and what they collect into
let words = "the quick brown fox jumps over the lazy dog".split_whitespace();
let lengths = words.clone().map(|w| w.len());
let total: usize = lengths.sum();
//# cell
println!("{total}");
let longest = words.clone().max_by_key(|w| w.len());
let sorted = { let mut v: Vec<_> = words.collect(); v.sort(); v };
//# prints: 35
//# cell
println!("{longest:?} {sorted:?}");
let mut counts = std::collections::BTreeMap::new();
for w in &sorted { for c in w.chars() { *counts.entry(c).or_insert(0) += 1; } }
let top = counts.iter().max_by_key(|(_, n)| **n).map(|(c, n)| (*c, *n));
//# prints: Some("jumps") ["brown", "dog", "fox", "jumps", "lazy", "over", "quick", "the", "the"]
//# cell
println!("{top:?}");
let evens = (1..=10).filter(|n| n % 2 == 0).collect::<Vec<u64>>();
let (small, big): (Vec<_>, Vec<_>) = evens.iter().copied().partition(|n| *n < 5);
//# prints: Some(('o', 4))
//# cell
println!("{small:?} {big:?}");
let windows: Vec<_> = evens.windows(2).map(|w| w[1] - w[0]).collect();
let zipped: Vec<_> = evens.iter().zip(windows.iter()).map(|(a, b)| a * b).collect();
//# prints: [2, 4] [6, 8, 10]
//# cell
println!("{zipped:?}");
let mut it = evens.into_iter().peekable();
let first = it.next();
//# prints: [4, 8, 12, 16]
//# cell
println!("{first:?} {:?} {:?}", it.peek().copied(), it.next());
let rest: Vec<_> = it.collect();
//# prints: Some(2) Some(4) Some(4)
//# cell
rest
//# shows: [6, 8, 10]
