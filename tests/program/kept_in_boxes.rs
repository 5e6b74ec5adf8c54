//# title: what has no type that could be written is kept by what it can do
let words = "a b c".split(' ').map(str::to_owned);
let squares = (1..).map(|n| n * n).take(4);
let mut ahead = vec![1, 2, 3].into_iter().map(|n| n + 1).peekable();
//# cell
words.rev().collect::<Vec<_>>()
//# shows: ["c", "b", "a"]
//# cell
squares.rev().count()
//# error: `squares` is kept as `Box<dyn Iterator<Item = i32> + Send>`, since its own type, `Take<Map<RangeFrom<i32>, {closure}>>`, has no name
//# cell
ahead.peek()
//# error: no method named `peek`
//# cell
ahead.next()
//# shows: Some(2)
//# cell
struct Holds<F>(F);
let holds = Holds(str::len);
//# says: `holds` is not kept for later cells: its type holds a function's own type, which has no name. Make it a pointer there
//# cell
let mut text = String::from("a");
//# cell
let end = &mut text;
end.push('b');
//# says: `end` is not kept for later cells: it borrows from `text`
