//# title: several objects of one line have their own names
//# lock left: acquisitions=1, created_at=@made
//# lock right: acquisitions=2, created_at=@made
use std::sync::{Arc, Mutex};
let (left, right) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2))); //@ made
let sum = *left.lock().unwrap() + *right.lock().unwrap();
*right.lock().unwrap() = sum;
