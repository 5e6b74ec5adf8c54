//! One cell's way from request to reply: its output, its recording, its report.

pub mod content;
pub mod gutter;
pub mod live;
pub mod output;
pub mod report;
