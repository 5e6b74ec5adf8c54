//# title: a long session of small edits
fn a() -> i32 { 1 }
//# cell
fn b() -> i32 { a() + 1 }
//# cell
fn c() -> i32 { b() + 1 }
c()
//# shows: 3
//# cell
fn a() -> i32 { 10 }
c()
//# shows: 12
//# cell
fn a() -> String { "x".into() }
//# says: `b` from [2]
//# cell
c()
//# error: c
//# cell
fn b() -> usize { a().len() }
fn c() -> usize { b() + 1 }
c()
//# shows: 2
