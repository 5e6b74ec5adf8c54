//# title: statics in functions, methods, generics, modules, traits and macros exist once
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{LazyLock, Mutex, OnceLock};
static HITS: AtomicUsize = AtomicUsize::new(0);
static mut RAW: i32 = 5;
static LOG: LazyLock<Mutex<Vec<String>>> = LazyLock::new(|| Mutex::new(vec!["start".into()]));
static NAME: OnceLock<String> = OnceLock::new();
static TABLE: Mutex<Option<HashMap<u8, u8>>> = Mutex::new(None);
fn counter() -> usize { static N: AtomicUsize = AtomicUsize::new(10); N.fetch_add(1, SeqCst) }
fn generic<T>(_: T) -> usize { static G: AtomicUsize = AtomicUsize::new(100); G.fetch_add(1, SeqCst) }
fn twice() -> usize {
    let a = { static SAME: AtomicUsize = AtomicUsize::new(1); SAME.fetch_add(1, SeqCst) };
    let b = { static SAME: AtomicUsize = AtomicUsize::new(50); SAME.fetch_add(1, SeqCst) };
    a * 100 + b
}
async fn waits() -> usize { static A: AtomicUsize = AtomicUsize::new(7); A.fetch_add(1, SeqCst) }
struct S;
impl S { fn method(&self) -> usize { static M: AtomicUsize = AtomicUsize::new(1000); M.fetch_add(1, SeqCst) } }
trait Shout { fn shout(&self) -> usize { static D: AtomicUsize = AtomicUsize::new(20); D.fetch_add(1, SeqCst) } fn own(&self) -> usize; }
impl Shout for S { fn own(&self) -> usize { static O: AtomicUsize = AtomicUsize::new(30); O.fetch_add(1, SeqCst) } }
impl Drop for S { fn drop(&mut self) { static GONE: AtomicUsize = AtomicUsize::new(0); DROPPED.store(GONE.fetch_add(1, SeqCst) + 1, SeqCst); } }
static DROPPED: AtomicUsize = AtomicUsize::new(0);
mod inner { pub static IN: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(3); }
#[inline(never)] fn never() -> usize { static I: AtomicUsize = AtomicUsize::new(40); I.fetch_add(1, SeqCst) }
extern "C" fn from_c() -> usize { static C: AtomicUsize = AtomicUsize::new(60); C.fetch_add(1, SeqCst) }
#[unsafe(no_mangle)] extern "C" fn fearless_test_exported() -> usize { static X: AtomicUsize = AtomicUsize::new(70); ONLY_EXPORTED.fetch_add(1, SeqCst); X.fetch_add(1, SeqCst) }
static ONLY_EXPORTED: AtomicUsize = AtomicUsize::new(0);
const fn constant() -> usize { 3 }
thread_local! { static T: Cell<u32> = Cell::new(7); static TV: RefCell<Vec<u32>> = const { RefCell::new(vec![]) }; }
fn all() -> String {
    let d: Box<dyn Shout> = Box::new(S);
    let c: extern "C" fn() -> usize = from_c;
    let never: fn() -> usize = never;
    HITS.fetch_add(1, SeqCst);
    unsafe { RAW += 1 };
    LOG.lock().unwrap().push("more".into());
    NAME.get_or_init(|| format!("first {}", HITS.load(SeqCst)));
    *TABLE.lock().unwrap().get_or_insert_default().entry(1).or_default() += 1;
    T.set(T.get() + 1);
    TV.with_borrow_mut(|v| v.push(1));
    inner::IN.fetch_add(1, SeqCst);
    format!("{} {} {} {:?} {:?} {} {} {} {} {} {} {} {} {} {} {} {} {}", HITS.load(SeqCst), unsafe { RAW }, LOG.lock().unwrap().len(),
        NAME.get(), TABLE.lock().unwrap(), counter(), generic(1) + generic("x"), twice(), d.shout(), d.own(),
        never(), c(), fearless_test_exported(), T.get(), TV.with_borrow(|v| v.len()), inner::IN.load(SeqCst), constant(), S.method())
}
println!("{}", all());
//# prints: 1 6 2 Some("first 1") Some({1: 1}) 10 201 150 20 30 40 60 70 8 1 4 3 1000
//# cell
println!("{}", all());
//# prints: 2 7 3 Some("first 1") Some({1: 2}) 11 205 251 21 31 41 61 71 9 2 5 3 1001
//# cell
println!("{}", std::thread::spawn(|| HITS.fetch_add(10, SeqCst)).join().unwrap());
println!("{} {} {}", HITS.load(SeqCst), DROPPED.load(SeqCst), ONLY_EXPORTED.load(SeqCst));
//# prints: 2\n12 4 2
//# cell
:opt 2
println!("{}", all());
//# prints: 13 8 4 Some("first 1") Some({1: 3}) 12 209 352 22 32 42 62 72 10 3 6 3 1002
