//# title: a raw pointer to a variable dangles in the next cell, which is said
let mut number = 5;
let pointer = &raw mut number;
unsafe { *pointer += 1; println!("{}", *pointer) }
//# prints: 6
//# says: `pointer` points to the variable `number`, which moves when this cell ends
//# cell
use std::sync::atomic::{AtomicPtr, Ordering::SeqCst};
let shared = AtomicPtr::new(&mut number as *mut i32);
//# says: `shared` points to the variable `number`
//# cell
static PLACE: i32 = 7;
let fixed = &raw const PLACE;
let boxed = AtomicPtr::new(Box::into_raw(Box::new(8)));
let text = String::from("text");
let bytes = text.as_ptr();
let address = &number as *const i32 as usize;
//# not: points to
//# cell
unsafe { (*fixed, *boxed.load(SeqCst), *bytes) }
//# shows: (7, 8, 116)
//# cell
{ let inner = &number as *const i32; assert!(!inner.is_null()); }
//# not: points to
