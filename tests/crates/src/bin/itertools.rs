//! itertools: it touches no thread, and must compile all the same.

use itertools::Itertools;

fn main() {
    let pairs = (1..=4).tuple_combinations::<(_, _)>().count();
    assert_eq!(pairs, 6);
    assert_eq!(["a", "b"].iter().join("-"), "a-b");
}
