//# title: slices, arrays and strings
let data = [3, 1, 4, 1, 5, 9, 2, 6];
let (left, right) = data.split_at(4);
let [a, b, ..] = data;
let [first, .., last] = &data;
println!("{left:?} {right:?} {a} {b} {first} {last}");
//# prints: [3, 1, 4, 1] [5, 9, 2, 6] 3 1 3 6
//# says: `left` is not kept for later cells: it borrows from `data`
//# says: `right` is not kept for later cells: it borrows from `data`
//# says: `first` is not kept for later cells: it borrows from `data`
//# says: `last` is not kept for later cells: it borrows from `data`
//# cell
println!("{a} {b}");
let text = "héllo";
let bytes = text.as_bytes();
let head = &text[..1];
let owned: Box<[u8]> = bytes.into();
//# prints: 3 1
//# cell
println!("{bytes:?} {head} {owned:?}");
let mut v = data.to_vec();
v.sort_unstable();
let pos = v.binary_search(&5);
let chunks: Vec<Vec<i32>> = v.chunks(3).map(<[i32]>::to_vec).collect();
//# prints: [104, 195, 169, 108, 108, 111] h [104, 195, 169, 108, 108, 111]
//# cell
println!("{pos:?} {chunks:?}");
let grid = [[0u8; 3]; 2];
let flat = grid.concat();
let statics: &[&str] = &["x", "y"];
let joined = statics.join("-");
//# prints: Ok(5) [[1, 1, 2], [3, 4, 5], [6, 9]]
//# cell
(flat.len(), joined, statics)
//# shows: (6, "x-y", ["x", "y"])
//# cell
let mut buf = [0; 4];
let slice = &mut buf[1..3];
slice[0] = 7;
//# says: `slice` is not kept for later cells: it borrows from `buf`
//# cell
buf
//# shows: [0, 7, 0, 0]
//# cell
let s = String::from("a,b,c");
let parts = s.split(',').collect::<Vec<_>>();
println!("{parts:?}");
//# prints: ["a", "b", "c"]
//# says: `parts` is not kept for later cells: it borrows from `s`
//# cell
let parts: Vec<String> = s.split(',').map(str::to_string).collect();
//# cell
(parts, s)
//# shows: (["a", "b", "c"], "a,b,c")
