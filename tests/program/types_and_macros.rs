//# title: what macros make
macro_rules! make { ($n:ident, $v:expr) => { let $n = $v; } }
make!(visible, vec![1, 2]);
println!("{visible:?}");
let sum = { make!(inner, 3); inner + 1 };
let text = format!("{sum:>4}"); let v = vec![sum; 2]; let m = matches!(v[0], 4);
//# prints: [1, 2]
//# cell
(text, v, m)
//# shows: ("   4", [4, 4], true)
//# cell
let s = stringify!(a b); let l = line!(); let c = concat!("x", 1); let e = env!("PATH").is_empty(); let o = option_env!("NO_SUCH_VARIABLE");
//# cell
(s, c, e, o)
//# shows: ("a b", "x1", false, None)
//# cell
let dbg = dbg!(1 + 1);
//# says: [line 1] 1 + 1 = 2
//# cell
dbg
//# shows: 2
//# cell
let thread = std::thread::spawn(|| -> Result<u8, std::fmt::Error> { Ok(3) });
//# cell
let joined = thread.join();
//# cell
joined.unwrap().unwrap()
//# shows: 3
