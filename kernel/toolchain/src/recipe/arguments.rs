//! rustc's arguments, as cargo gives them.

use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::Path;

/// Flags of which cargo gives the value as the next argument.
const WITH_VALUE: [&str; 6] = [
    "-C",
    "-L",
    "--crate-type",
    "--extern",
    "--out-dir",
    "--target",
];

/// With the object file as a product of its own, rustc tells when it is there, and so when linking
/// begins.
pub const EMIT: &str = "--emit=obj,link";

/// Into how many units a cell is cut that is optimised, which takes long enough for several cores.
/// Without, it is too small to be worth cutting.
const OPTIMISED_UNITS: u32 = 4;

/// What becomes of an argument, with the value that follows it.
pub enum Edit {
    Keep,
    Remove,
    /// Another argument stands in its place.
    Flag(String),
    /// The flag gets another value.
    Value(String),
}

/// A list of arguments.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Arguments(Vec<String>);

impl Arguments {
    /// Cargo's arguments for the cell's crate, with its products in a folder of ours and without
    /// what only costs time.
    pub fn of_cell(products: &Path, given: impl IntoIterator<Item = OsString>) -> Arguments {
        let given = given.into_iter();
        let given = Arguments(given.map(|it| it.to_string_lossy().into_owned()).collect());
        let is_optimised = given
            .values("-C")
            .any(|option| option.starts_with("opt-level=") && option != "opt-level=0");
        // Stripping runs another program after the linker; the object is loaded once and thrown
        // away. A cell is too small to be worth keeping parts of for the next time.
        let costs = ["strip=", "incremental=", "codegen-units="];
        let mut kept = given.edited(|flag, value| match (flag, value) {
            ("--out-dir", _) => Edit::Remove,
            ("-C", Some(option)) if costs.iter().any(|name| option.starts_with(name)) => {
                Edit::Remove
            }
            _ if flag.starts_with("--json=") => {
                Edit::Flag("--json=diagnostic-rendered-ansi,artifacts".to_owned())
            }
            _ if flag.starts_with("--emit=") => Edit::Flag(EMIT.to_owned()),
            _ => Edit::Keep,
        });
        let units = if is_optimised { OPTIMISED_UNITS } else { 1 };
        kept.extend([
            format!("-Ccodegen-units={units}"),
            "--out-dir".to_owned(),
            products.to_string_lossy().into_owned(),
        ]);
        kept
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &String> {
        self.0.iter()
    }

    pub fn extend(&mut self, more: impl IntoIterator<Item = String>) {
        self.0.extend(more);
    }

    /// Lets rustc optimise.
    pub fn optimise(&mut self) {
        let units = format!("-Ccodegen-units={OPTIMISED_UNITS}");
        self.extend(["-Copt-level=2".to_owned(), units]);
    }

    /// The values of a flag that is an argument of its own.
    pub fn values(&self, flag: &str) -> impl Iterator<Item = &str> {
        let pairs = self.0.windows(2).filter(move |pair| pair[0] == flag);
        pairs.map(|pair| pair[1].as_str())
    }

    /// With one text for another in all of them.
    pub fn with(&self, from: &str, to: &str) -> Arguments {
        Arguments(self.iter().map(|it| it.replace(from, to)).collect())
    }

    /// Each argument as `edit` wants it, which sees it with its value, if it has one.
    pub fn edited(&self, mut edit: impl FnMut(&str, Option<&str>) -> Edit) -> Arguments {
        let mut kept = Vec::new();
        let mut arguments = self.iter();
        while let Some(flag) = arguments.next() {
            let value = match WITH_VALUE.contains(&flag.as_str()) {
                true => arguments.next(),
                false => None,
            };
            match edit(flag, value.map(String::as_str)) {
                Edit::Keep => kept.extend([flag].into_iter().chain(value).cloned()),
                Edit::Remove => {}
                Edit::Flag(other) => kept.push(other),
                Edit::Value(other) => kept.extend([flag.clone(), other]),
            }
        }
        Arguments(kept)
    }
}
