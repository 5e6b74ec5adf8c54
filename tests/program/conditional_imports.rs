//# title: an import is there if its condition holds
#[cfg(not(windows))]
use std::collections::BTreeMap as Table;
#[cfg(windows)]
use std::collections::HashMap as Table;
std::any::type_name::<Table<u8, u8>>().contains("BTreeMap")
//# shows: true
//# cell
#[cfg(windows)]
use std::os::windows::ffi::OsStrExt;
#[cfg(all(unix, not(test)))]
use std::os::unix::ffi::OsStrExt;
std::ffi::OsStr::new("abc").as_bytes().len()
//# shows: 3
//# cell
#[cfg(feature = "fast")] use fast_crate::run;
#[cfg(test)]
mod tests {
    use super::*;
}
let table: Table<u8, u8> = Table::new();
table.len()
//# shows: 0
//# cell
#[cfg(target_os = "linux")] use std::fmt::Nothing;
//# error: Nothing
