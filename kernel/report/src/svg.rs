//! The timeline as SVG: a lane a thread, activities told apart by pattern, height and colour.
//!
//! Two forms: inline in the HTML, where it follows the page's theme, and standing alone in an
//! `<img>` or a file, on a light ground of its own, since no page can style it there. Both are
//! drawn by the same code.

mod canvas;
mod captions;
mod frame;
mod holds;
mod lane;
mod legend;
mod marks;
mod ring;
mod scale;
mod strip;
mod style;

use std::fmt::{self, Write};

use crate::model::Report;
use crate::options::SvgOptions;
use canvas::Canvas;
pub(crate) use canvas::alternative;
pub(crate) use ring::shows_ring;
pub(crate) use style::{STYLE, compact, hue};

/// Draws the timeline alone, with the ring of a deadlock above it. Writes nothing when there is
/// neither (`:record counts`).
///
/// # Errors
/// Only those of `out`.
pub fn svg(report: &Report, out: &mut dyn Write, options: &SvgOptions) -> fmt::Result {
    match picture(report, options.standalone, !options.standalone, 0) {
        Some(picture) => out.write_str(&picture),
        None => Ok(()),
    }
}

/// The picture, with or without texts that show on hovering.
pub(crate) fn picture(
    report: &Report,
    standalone: bool,
    hover: bool,
    shown_before: u32,
) -> Option<String> {
    let mut canvas = Canvas::new(id_prefix(report, shown_before), hover);
    ring::draw(&mut canvas, report);
    if let Some(timeline) = &report.timeline
        && timeline.end_ns > 0
        && !timeline.lanes.is_empty()
    {
        frame::draw(&mut canvas, report, timeline);
    }
    canvas.finish(report, standalone)
}

/// Distinguishes this report's ids from those of every other on the page: its cell, a number made
/// from its content, and how often it has been shown.
fn id_prefix(report: &Report, shown_before: u32) -> String {
    // FNV-1a; the standard library's hashers promise nothing from one version to the next.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(report.story.as_bytes());
    eat(&report.wall_ns.to_le_bytes());
    for row in &report.threads {
        eat(&row.start_ns.to_le_bytes());
        eat(&row.end_ns.unwrap_or(0).to_le_bytes());
        eat(&row.os_tid.unwrap_or(0).to_le_bytes());
    }
    eat(&shown_before.to_le_bytes());
    format!("fl{}-{:08x}", report.cell, (hash ^ (hash >> 32)) as u32)
}
