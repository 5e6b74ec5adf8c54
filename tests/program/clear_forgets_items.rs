//# title: clear forgets items
static N: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(3);
fn f() -> i32 { 1 }
struct S; impl S { fn a() -> i32 { 7 } }
f()
//# shows: 1
//# cell
:clear
//# cell
f()
//# error: f
//# cell
struct S;
S::a()
//# error: a
//# cell
fn f() -> i32 { 2 }
f()
//# shows: 2
