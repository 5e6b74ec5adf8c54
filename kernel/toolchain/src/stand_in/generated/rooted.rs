//! evcxr's words about `std`, in a notebook that may have an item of its own with that name.

use std::borrow::Cow;

/// How lines of evcxr's begin that speak of the crate.
const SPEAK_OF_STD: [&str; 8] = [
    "if std::panic::catch_unwind(",
    "match std::panic::catch_unwind(",
    "  std::panic::AssertUnwindSafe(",
    "let _ = (|| -> std::result::Result<(), EvcxrUserCodeError> {",
    ".handle().clone(); let _evcxr_entered = evcxr_runtime.enter(); let _ = (|| -> std::result::Result<(), EvcxrUser",
    "std::sync::Mutex::new(tokio::runtime::Runtime::new()",
    "mut x: *mut std::os::raw::c_void) -> *mut std::os::raw::c_void",
    "            impl<T: std::fmt::",
];

/// The source in which these lines mean the crate, whatever the notebook calls so.
pub(super) fn adapted(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let begin = SPEAK_OF_STD.iter().find(|begin| line.starts_with(*begin));
        match begin {
            Some(begin) => Cow::from(begin.replace("std::", "::std::") + &line[begin.len()..]),
            None => Cow::from(line),
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::adapted;

    #[test]
    fn what_evcxr_says_of_std_means_the_crate() {
        let text = "if std::panic::catch_unwind(||->(){\nstd::f();\nlet a = std::g();\n\
                    std::sync::Mutex::new(tokio::runtime::Runtime::new().unwrap())\n\
                    mut x: *mut std::os::raw::c_void) -> *mut std::os::raw::c_void {x}\n";
        assert_eq!(
            adapted(text),
            "if ::std::panic::catch_unwind(||->(){\nstd::f();\nlet a = std::g();\n\
             ::std::sync::Mutex::new(tokio::runtime::Runtime::new().unwrap())\n\
             mut x: *mut ::std::os::raw::c_void) -> *mut ::std::os::raw::c_void {x}\n"
        );
    }
}
