//! The sheet that everything is drawn on: shapes, texts, and a budget of elements.

use std::fmt::Write;

use super::style::{LIGHT, STYLE, compact, pattern, pattern_key};
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
    patterns: Vec<(Activity, Option<u8>)>,
}

/// A rectangle's place and size.
#[derive(Clone, Copy)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Rect {
    pub(super) fn new(x: f64, y: f64, w: f64, h: f64) -> Rect {
        Rect { x, y, w, h }
    }

    /// As attributes of an element.
    fn attributes(self) -> String {
        format!(
            "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            num(self.x),
            num(self.y),
            num(self.w),
            num(self.h)
        )
    }
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
    pub(super) fn rect(&mut self, class: &str, rect: Rect, title: &str) {
        let shape = format!("<rect {class} {}", rect.attributes());
        if self.hover && !title.is_empty() && self.has_room(2) {
            self.elements += 1;
            let title = escape::escaped(title);
            self.tag(&format!("{shape}><title>{title}</title></rect>"));
        } else {
            self.tag(&format!("{shape}/>"));
        }
    }

    /// A rectangle with round corners.
    pub(super) fn round_rect(&mut self, class: &str, rect: Rect, radius: f64) {
        let (rect, radius) = (rect.attributes(), num(radius));
        self.tag(&format!("<rect class=\"{class}\" {rect} rx=\"{radius}\"/>"));
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

    /// The attribute that fills a shape with an activity's pattern, in a lock's hue.
    pub(super) fn fill(&mut self, activity: Activity, hue: Option<u8>) -> String {
        match activity {
            Activity::Running => "class=\"fl-run\"".to_owned(),
            Activity::Sleep => "class=\"fl-sleep\"".to_owned(),
            Activity::Starting | Activity::Idle => "class=\"fl-starting\"".to_owned(),
            Activity::Scheduled => "class=\"fl-off\"".to_owned(),
            Activity::Gap => "class=\"fl-gap\"".to_owned(),
            _ => {
                if !self.patterns.contains(&(activity, hue)) {
                    self.patterns.push((activity, hue));
                }
                let key = pattern_key(activity, hue);
                format!("fill=\"url(#{}-{key})\"", self.prefix)
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
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fl-svg\" viewBox=\"0 0 {} \
             {height}\" ",
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
                LIGHT.trim(),
                compact(STYLE)
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
            for (activity, hue) in &self.patterns {
                out.push_str(&pattern(&self.prefix, *activity, *hue));
            }
            out.push_str("</defs>");
        }
        out.push_str(&self.body);
        out.push_str("</svg>");
        Some(out)
    }
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
