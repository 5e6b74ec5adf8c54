//# title: shadowing, patterns, literals and cells that end early
let x = 5;
let x = x.to_string();
let x = x.len() + 1;
//# cell
let x = x as f64 / 2.0;
x
//# shows: 1.0
//# cell
let y = { let x = "inner"; x.len() };
let z = if y > 3 { Some(y) } else { None };
//# cell
let (mut a, b) = (z, x);
a = a.map(|n| n + 1);
//# cell
a.take();
println!("{a:?} {b}");
//# prints: None 1
//# cell
let r#type = "kw"; let _unused = 3; let _ = 4; let ünï = 'ü';
//# cell
(r#type, _unused, ünï)
//# shows: ("kw", 3, 'ü')
//# cell
let n = 1; panic!("after {n}");
//# error: after 1
//# cell
n
//# error: cannot find value `n` in this scope
//# error: `n` was made in [8], which ended early, by a panic or a `?`
//# cell
let b = b; let v = vec![b; 2]; let v2 = v;
//# cell
v2
//# shows: [1.0, 1.0]
//# cell
v
//# error: cannot find value `v` in this scope
//# error: `v` was moved in [10], line 1
//# cell
let unset: Vec<u8>; let late; late = 3; let (p, q); p = 1; q = "q";
//# cell
(late, p, q)
//# shows: (3, 1, "q")
//# cell
const LIMIT: usize = 3; static NAME: &str = "n";
let arr = [0u8; LIMIT]; let nm = NAME;
//# cell
(arr, nm)
//# shows: ([0, 0, 0], "n")
//# cell
let value = loop { break 42 }; let label = 'outer: { break 'outer "lbl" };
let m = match value { 1..=50 => "low", _ => "high" };
//# cell
(value, label, m)
//# shows: (42, "lbl", "low")
//# cell
let big = 1u128 << 100; let neg = -1i8; let fl = 1e3f32; let ch = '\u{1F600}'; let unit = (); let bs = b"by"; let raw = r#"a"b"#; let cs = c"cstr";
//# cell
(big, neg, fl, ch, unit, bs, raw, cs)
//# shows: (1267650600228229401496703205376, -1, 1000.0, '😀', (), [98, 121], "a\"b", "cstr")
