//# title: what is not kept, and why
fn hidden() -> impl std::fmt::Debug { struct L; impl std::fmt::Debug for L { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("L") } } L }
let local = hidden();
let words = vec!["a".to_string(), "b".to_string()];
let refs: Vec<&str> = words.iter().map(|w| w.as_str()).collect();
let total = refs.len();
let guard = std::sync::Mutex::new(1);
let held = guard.lock().unwrap();
//# says: `refs` is not kept for later cells: it borrows from `words`
//# says: `held` is not kept for later cells: it borrows from `guard`
//# cell
local
//# error: cannot find value `local` in this scope
//# error: `local`, made in [1], is not kept for later cells: its type `hidden::L` can't be named here
//# cell
refs
//# error: cannot find value `refs` in this scope
//# error: `refs`, made in [1], is not kept for later cells: it borrows from `words`
//# cell
(total, words.len())
//# shows: (2, 2)
//# cell
let None = None::<u8> else { panic!() }; let Ok(n) = "3".parse::<u8>() else { panic!() };
//# cell
n
//# shows: 3
//# cell
let None = Some(n) else { return };
