//# title: a last expression without a semicolon fails with rustc's own words, where it stands
use std::rc::Rc;
fn is_send<T: Send>(_: T) {}
struct Plain { n: i32 }
//# cell
is_send(Rc::new(1))
//# error: error[E0277]: `Rc<{integer}>` cannot be sent between threads safely
//# error: --> [2]:1:9
//# error: required by this bound in `is_send`
//# not: lesson
//# not: generated code
//# cell
Plain { n: 1 } == Plain { n: 2 }
//# error: error[E0369]: binary operation `==` cannot be applied to type `Plain`
//# error: --> [3]:1:16
//# error: #[derive(PartialEq)]
//# not: struct Plain;
//# cell
|x: i32| x + 1
//# error: `{closure@[4]:1:1: 1:9}` doesn't implement `Debug` ([4], line 1)
//# error: --> [4]:1:1
//# error: unless `;` follows it
//# not: `shown`
//# cell
let p = Plain { n: 1 };
p
//# error: error[E0277]: `Plain` doesn't implement `Debug`
//# error: --> [5]:2:1
//# error: #[derive(Debug)]
//# not: display
//# cell
let s = String::from("a");
drop(s);
s
//# error: error[E0382]: use of moved value: `s`
//# error: --> [6]:3:1
//# not: evcxr
//# cell
let v = vec![String::from("a")];
let taken = v;
v.len()
//# error: error[E0382]: borrow of moved value: `v`
//# error: --> [7]:3:1
//# cell
if true { 1 } else { "one" }
//# error: error[E0308]: `if` and `else` have incompatible types
//# error: --> [8]:1:22
//# cell
let numbers = [1, 2, 3];
numbers[5]
//# error: index out of bounds: the length is 3 but the index is 5
//# error: --> [9]:2:1
//# cell
Plain { n: 40 }.n + 2
//# shows: 42
//# cell
panic!("no value");
//# error: no value
//# cell
{
    let n = 1;
    if n > 0 { std::process::exit(3) } else { panic!() }
}
//# error: exit code 3
//# cell
let one = std::hint::black_box(1u8);
255 + one
//# error: panic in [13], line 2
//# cell
let three = [1, 2, 3];
three[std::hint::black_box(7)]
//# error: panic in [14], line 2
