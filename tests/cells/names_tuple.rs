//# title: fields of tuples, and elements of arrays and statics, are named by their places
//# lock pair.0: acquisitions=1, created_at=@pair
//# lock pair.1: acquisitions=2, created_at=@pair
//# lock bank.tills.1: acquisitions=1, created_at=@bank
//# lock wrapped.0: acquisitions=1, created_at=@wrapped
//# lock rows[1].1: acquisitions=1, created_at=@rows
//# lock GATES[0]: acquisitions=1, created_at=@gates
//# lock GATES[2]: acquisitions=2, created_at=@gates
//# lock GATES[1]: acquisitions=1, created_at=@gates
//# lock NAMED[1]: acquisitions=1, created_at=@named
use std::sync::{Arc, Mutex};
static GATES: [Mutex<u8>; 3] = [const { Mutex::new(0) }; 3]; //@ gates
static NAMED: [Mutex<u8>; 2] = [Mutex::new(0), Mutex::new(1)]; //@ named
struct Bank { tills: (u8, Mutex<u8>) }
struct Wrapped(Mutex<u8>);
let pair = Arc::new((Mutex::new(1), Mutex::new(2))); //@ pair
let bank = Bank { tills: (0, Mutex::new(1)) }; //@ bank
let wrapped = Wrapped(Mutex::new(1)); //@ wrapped
let rows = vec![(1, Mutex::new(1)), (2, Mutex::new(2))]; //@ rows
*pair.1.lock().unwrap() += *pair.0.lock().unwrap();
*pair.1.lock().unwrap() += 1;
*bank.tills.1.lock().unwrap() += 1;
*wrapped.0.lock().unwrap() += 1;
*rows[1].1.lock().unwrap() += 1;
// The first to be used is not the first of them.
for gate in [2, 0, 1, 2] {
    *GATES[gate].lock().unwrap() += 1;
}
*NAMED[1].lock().unwrap() += 1;
