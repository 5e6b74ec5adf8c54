//! The timeline as data: lanes, segments, marks and arrows, bounded in number.

use serde::Serialize;

/// A bounded picture of the cell; text and SVG are drawn from it.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Timeline {}
