//# title: two versions of one crate, side by side and one after the other
:dep itoa_old = { package = "itoa", version = "0.4" }
:dep itoa = "1"
let mut buffer = itoa::Buffer::new();
assert_eq!(buffer.format(12), "12");
//# cell
let mut old = itoa_old::Buffer::new();
assert_eq!(old.format(13), "13");
let mut out = String::new();
itoa_old::fmt(&mut out, 14).unwrap();
assert_eq!(out, "14");
//# cell
:dep fastrand = "=2.3.0"
fastrand::seed(1);
let one = fastrand::u8(..);
//# cell
:dep fastrand = "2.4"
fastrand::seed(1);
let other = fastrand::u8(..);
assert_eq!(buffer.format(15), "15");
