//# title: a cell that fails leaves variables that it would have defined anew as they were
let n = 5; let mut text = String::from(" 7 "); let list = vec![1, 2]; let word = String::from("a");
//# cell
let n = "x".parse::<i32>()?;
//# error: invalid digit
//# cell
n + 1
//# shows: 6
//# cell
let n: u8 = "also wrong".parse()?; let m = n + 1;
//# error: invalid digit
//# cell
// Its own type, and its own mutability.
let doubled: i32 = n * 2;
doubled
//# shows: 10
//# cell
let mut n = 1; n += 1; panic!("on purpose");
//# error: on purpose
//# cell
n = 3;
//# error: cannot assign to `n`, as it is not declared as mutable
//# cell
n
//# shows: 5
//# cell
m
//# error: `m` was made in [4], which ended early, by a panic or a `?`
//# cell
// What the cell reads is there, too.
let text = text.trim().parse::<f32>()? + "y".parse::<f32>()?;
//# error: invalid float
//# cell
text.push('!');
let list = list.iter().map(|it| it * 2).collect::<Vec<i32>>(); let n = n + list[7];
//# error: index out of bounds
//# cell
(n, &text, &list)
//# shows: (5, " 7 !", [1, 2])
//# cell
// What it moves is not.
let word = word + "b"; panic!("again");
//# error: again
//# cell
word
//# error: `word` was made in [1], and used in [13], which ended early, by a panic or a `?`
//# cell
let word = 1;
let (tx, rx) = std::sync::mpsc::channel::<u8>();
//# cell
let word = 2; let n = rx.recv().unwrap();
//# error: deadlock
//# cell
(n, word)
//# shows: (5, 1)
//# cell
let n = n + 1; let list = "now a text";
//# cell
(n, list)
//# shows: (6, "now a text")
