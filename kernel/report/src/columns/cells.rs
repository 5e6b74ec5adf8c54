//! Values as cells of a table.

use crate::model::Sum;
use crate::words::units::duration;

/// A time, or nothing for none.
pub(super) fn time(ns: u64) -> String {
    if ns == 0 {
        "0".to_owned()
    } else {
        duration(ns)
    }
}

/// A sum of times and, where it says more, the longest in parentheses.
pub(super) fn sum(sum: Sum) -> String {
    if sum.total == 0 || sum.max == 0 || sum.max == sum.total {
        time(sum.total)
    } else {
        format!("{} ({})", duration(sum.total), duration(sum.max))
    }
}

/// A name, or a dash.
pub(super) fn name_or(name: &Option<String>, otherwise: &str) -> String {
    name.clone().unwrap_or_else(|| otherwise.to_owned())
}
