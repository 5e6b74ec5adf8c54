//! The sheet that everything is drawn on: shapes, texts, and a budget of elements.

use std::fmt::Write;

use crate::model::Activity;
use crate::model::Report;
use crate::words::escape;
use crate::words::width::fit;

/// The picture's width, in its own units (pixels at full size).
pub(super) const WIDTH: f64 = 720.0;
/// Most elements; what comes last goes without its detail.
const ELEMENTS: usize = 1_900;
/// How wide a column of text is at most on average: half as much again as most letters need.
const COLUMN: f64 = 5.9;

/// The sheet.
pub(super) struct Canvas {
    body: String,
    /// Where the next part goes.
    pub(super) y: f64,
    /// Whether shapes carry texts for hovering.
    pub(super) hover: bool,
    elements: usize,
    prefix: String,
    patterns: Vec<Activity>,
}

/// A number in as few characters as a tenth of a pixel needs.
pub(super) fn num(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    if tenths % 10 == 0 {
        (tenths / 10).to_string()
    } else {
        format!(
            "{}{}.{}",
            if tenths < 0 { "-" } else { "" },
            (tenths / 10).abs(),
            (tenths % 10).abs()
        )
    }
}

impl Canvas {
    pub(super) fn new(prefix: String, hover: bool) -> Canvas {
        Canvas {
            body: String::with_capacity(32 * 1024),
            y: 0.0,
            hover,
            elements: 0,
            prefix,
            patterns: Vec::new(),
        }
    }

    /// Whether there is room for `n` more elements that are not essential.
    pub(super) fn has_room(&self, n: usize) -> bool {
        self.elements + n < ELEMENTS
    }

    fn tag(&mut self, markup: &str) {
        self.elements += 1;
        self.body.push_str(markup);
    }

    /// A rectangle, with a text for hovering.
    pub(super) fn rect(&mut self, class: &str, x: f64, y: f64, w: f64, h: f64, title: &str) {
        let shape = format!(
            "<rect {class} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            num(x),
            num(y),
            num(w),
            num(h)
        );
        if self.hover && !title.is_empty() && self.has_room(2) {
            self.elements += 1;
            let title = escape::escaped(title);
            self.tag(&format!("{shape}><title>{title}</title></rect>"));
        } else {
            self.tag(&format!("{shape}/>"));
        }
    }

    /// A rectangle with round corners.
    pub(super) fn round_rect(&mut self, class: &str, x: f64, y: f64, w: f64, h: f64, r: f64) {
        self.tag(&format!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            num(x),
            num(y),
            num(w),
            num(h),
            num(r)
        ));
    }

    /// A path.
    pub(super) fn path(&mut self, class: &str, d: &str) {
        if !d.is_empty() {
            self.tag(&format!("<path {class} d=\"{d}\"/>"));
        }
    }

    /// A text; its class says where `x` is.
    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        let text = escape::escaped(text);
        self.tag(&format!(
            "<text{class} x=\"{}\" y=\"{}\">{text}</text>",
            num(x),
            num(y)
        ));
    }

    /// A text from `x` on, cut where it would reach `end`.
    pub(super) fn label(&mut self, class: &str, x: f64, y: f64, text: &str, end: f64) {
        let columns = ((end - x) / COLUMN).max(2.0) as usize;
        self.text(class, x, y, &fit(text, columns));
    }

    /// The attribute that fills a shape with a state's pattern.
    pub(super) fn fill(&mut self, state: Activity) -> String {
        match state {
            Activity::Running => "class=\"fl-run\"".to_owned(),
            Activity::Sleep => "class=\"fl-sleep\"".to_owned(),
            Activity::Starting => "class=\"fl-starting\"".to_owned(),
            Activity::Gap => "class=\"fl-gap\"".to_owned(),
            _ => {
                if !self.patterns.contains(&state) {
                    self.patterns.push(state);
                }
                format!("fill=\"url(#{}-{})\"", self.prefix, key(state))
            }
        }
    }

    /// The whole picture; `None` when nothing was drawn.
    pub(super) fn finish(mut self, report: &Report, standalone: bool) -> Option<String> {
        if self.elements == 0 {
            return None;
        }
        let height = num(self.y + 6.0);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fl-svg\" viewBox=\"0 0 {} {height}\" ",
            num(WIDTH)
        );
        if standalone {
            let _ = write!(out, "width=\"{}\" height=\"{height}\" ", num(WIDTH));
        }
        let _ = write!(
            out,
            "role=\"img\" aria-label=\"{}\">",
            escape::escaped(&alternative(report))
        );
        if standalone {
            let _ = write!(
                out,
                "<style>svg{{{}}}{}</style>",
                super::LIGHT.trim(),
                compact(super::STYLE)
            );
            let _ = write!(
                out,
                "<rect class=\"fl-p-ground\" width=\"{}\" height=\"{height}\"/>",
                num(WIDTH)
            );
        }
        self.patterns.sort_unstable();
        if !self.patterns.is_empty() {
            out.push_str("<defs>");
            for state in &self.patterns {
                out.push_str(&pattern(&self.prefix, *state));
            }
            out.push_str("</defs>");
        }
        out.push_str(&self.body);
        out.push_str("</svg>");
        Some(out)
    }
}

/// CSS without line breaks.
pub(crate) fn compact(css: &str) -> String {
    css.lines().map(str::trim).collect()
}

/// What the picture shows, for those who don't see it.
pub(crate) fn alternative(report: &Report) -> String {
    let mut text = format!("Timeline of cell {}: {}", report.cell, report.story);
    for finding in report.findings.iter().take(4) {
        text.push(' ');
        text.push_str(&finding.title);
        text.push('.');
    }
    text.replace('`', "")
}

fn key(state: Activity) -> &'static str {
    match state {
        Activity::Lock => "lock",
        Activity::Channel => "channel",
        Activity::Join => "join",
        Activity::Condvar => "condvar",
        Activity::Barrier => "barrier",
        Activity::Once => "once",
        Activity::Park => "park",
        Activity::Starting | Activity::Running | Activity::Sleep | Activity::Gap => "plain",
    }
}

/// A pattern for each kind of wait. They differ in shape as well as in colour, so that they are
/// told apart in greyscale.
fn pattern(prefix: &str, state: Activity) -> String {
    let (width, height, class, shape) = match state {
        Activity::Lock => (
            6,
            6,
            "fl-p-lock",
            "<path d=\"M0 6L6 0M-1 1L1 -1M5 7L7 5\"/>",
        ),
        Activity::Channel => (6, 4, "fl-p-chan", "<path d=\"M0 1h6\"/>"),
        Activity::Join => (4, 6, "fl-p-join", "<path d=\"M1 0v6\"/>"),
        Activity::Condvar => (
            5,
            5,
            "fl-p-sig",
            "<circle cx=\"2.5\" cy=\"2.5\" r=\"1.3\"/>",
        ),
        Activity::Barrier => (6, 6, "fl-p-sig", "<path d=\"M0 3h6M3 0v6\"/>"),
        Activity::Once => (6, 6, "fl-p-sig", "<path d=\"M1 1L5 5M5 1L1 5\"/>"),
        _ => (6, 6, "fl-p-sig", "<path d=\"M0 0L6 6M5 -1L7 1M-1 5L1 7\"/>"),
    };
    let stroke = class.replace("fl-p-", "--fl-");
    format!(
        "<pattern id=\"{prefix}-{}\" patternUnits=\"userSpaceOnUse\" width=\"{width}\" height=\"{height}\">\
         <rect class=\"fl-p-ground\" width=\"{width}\" height=\"{height}\"/>\
         <g class=\"{class}\" style=\"stroke:var({stroke});stroke-width:{}\">{shape}</g></pattern>",
        key(state),
        match state {
            Activity::Condvar => "0",
            Activity::Barrier | Activity::Once => "1",
            _ => "1.8",
        }
    )
}
