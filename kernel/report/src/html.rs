//! The report as HTML that holds wherever a notebook is shown.
//!
//! `frame` has what makes it hold; the pictures have two forms:
//!
//! - Trusted (JupyterLab, nbconvert, VS Code): inline SVG that follows the page's theme. A
//!   `<style>` rule hides the substitute.
//! - Where a sanitiser drops `<svg>` and `<style>` (an untrusted notebook in JupyterLab): the
//!   picture as an `<img>`, with a light ground of its own. What is left of the SVG, its texts,
//!   stays hidden, since only our style shows it.
//!
//! No script, no request to the network. Everything that comes from a cell is escaped.

mod frame;
mod table;

pub use frame::framed;

use std::fmt::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::lessons::Lesson;
use crate::model::{Finding, Report, Severity};
use crate::options::{HtmlOptions, Level, TextOptions};
use crate::text::{self, text};
use crate::words::escape::{escaped, prose};
use crate::{notes, steps, svg};

/// Most bytes of a report, and of one of a cell that still runs, which is sent twice a second.
const BYTES: usize = 150_000;
const LIVE_BYTES: usize = 50_000;

/// Writes the report as HTML that holds in trusted and sanitising viewers, at most 150 KB (50 KB
/// while the cell runs).
///
/// # Errors
/// Only those of `out`.
pub fn html(report: &Report, out: &mut dyn Write, options: &HtmlOptions<'_>) -> fmt::Result {
    let most = if report.live { LIVE_BYTES } else { BYTES };
    let mut page = page(report, options, true);
    if page.len() > most {
        page = self::page(report, options, false);
    }
    let mut smaller = report.clone();
    for _ in 0..10 {
        if page.len() <= most {
            break;
        }
        smaller.shrink();
        page = self::page(&smaller, options, false);
    }
    if page.len() > most {
        smaller.timeline = None;
        page = self::page(&smaller, options, false);
    }
    out.write_str(&page)
}

fn page(report: &Report, options: &HtmlOptions<'_>, hover: bool) -> String {
    // A cell that runs was just run by who looks at it, so its output is trusted: the substitutes
    // come with the final report.
    let plain = (!report.live).then(|| plain(report, options));
    let mut rich = String::with_capacity(64 * 1024);
    // Writing to a string can't fail.
    let _ = write_rich(report, &mut rich, options, hover);
    if let Some(summary) = options.summary {
        rich = format!(
            "<details><summary>{}</summary>{rich}</details>",
            escaped(summary)
        );
    }
    let after = if options.lessons_beside {
        lessons(report)
    } else {
        String::new()
    };
    frame::write(plain.as_deref(), svg::STYLE, &rich, &after)
}

/// The report as text.
fn plain(report: &Report, options: &HtmlOptions<'_>) -> String {
    let mut plain = match options.summary {
        Some(summary) => format!("{summary}:\n"),
        None => String::new(),
    };
    let options = TextOptions {
        level: options.level,
        ..TextOptions::default()
    };
    // Writing to a string can't fail.
    let _ = text(report, &mut plain, &options);
    plain
}

fn write_rich(
    report: &Report,
    out: &mut String,
    options: &HtmlOptions<'_>,
    hover: bool,
) -> fmt::Result {
    let is_full = options.level == Level::Full;
    write!(
        out,
        "<p class=\"fl-story\"><b>{}</b></p>",
        prose(&report.story)
    )?;
    let drawn = report
        .findings
        .iter()
        .position(svg::shows_ring)
        .filter(|_| is_full);
    for (position, finding) in report.findings.iter().enumerate() {
        let is_drawn = drawn == Some(position);
        write_finding(out, finding, report, is_drawn)?;
    }
    if is_full {
        if steps::say_more(report) {
            steps::outdated_html(out, report)?;
        }
        if let Some(picture) = svg::picture(report, false, hover, options.shown_before) {
            // Hidden but for our own style: a sanitiser that drops the tags would leave their
            // texts.
            let hidden = "hidden style=\"display:none\"";
            write!(out, "<div class=\"fl-pic\" {hidden}>{picture}</div>")?;
            if !report.live {
                let alone = svg::picture(report, true, false, 0).unwrap_or_default();
                write!(
                    out,
                    "<img class=\"fl-alt\" alt=\"{}\" src=\"data:image/svg+xml;base64,{}\">",
                    escaped(&svg::alternative(report)),
                    STANDARD.encode(alone)
                )?;
            }
        }
        if let Some(order) = &report.order {
            steps::html(out, report, order)?;
        }
        table::all(out, report)?;
    }
    if !report.last_output.is_empty() {
        let lines = report.last_output.join("\n");
        write!(
            out,
            "<p>Last lines printed:</p><pre>{}</pre>",
            escaped(&lines)
        )?;
    }
    write!(
        out,
        "<p class=\"fl-foot\">{}</p>",
        prose(&notes::all(report).join(" "))
    )
}

fn write_finding(
    out: &mut String,
    finding: &Finding,
    report: &Report,
    is_drawn: bool,
) -> fmt::Result {
    let class = match finding.severity {
        Severity::Error => "fl-error",
        Severity::Warning => "fl-warning",
        Severity::Note => "fl-note",
    };
    write!(
        out,
        "<div class=\"fl-find {class}\"><b>{}</b>",
        prose(&finding.title)
    )?;
    if !finding.edges.is_empty() {
        let edges = text::cycle(finding, report.cell);
        // Where the picture shows the ring, it needs no second drawing.
        let class = if is_drawn { " class=\"fl-alt\"" } else { "" };
        write!(out, "<pre{class}>{}</pre>", escaped(edges.trim_end()))?;
    }
    write!(
        out,
        "<p>{} <span class=\"fl-m\">{}</span></p></div>",
        prose(finding.besides_edges()),
        escaped(&Lesson::on(finding.kind).words())
    )
}

/// Links to the lessons of all findings, each once.
fn lessons(report: &Report) -> String {
    let mut links: Vec<String> = Vec::new();
    for finding in &report.findings {
        let lesson = Lesson::on(finding.kind);
        let words = escaped(lesson.words().trim_end_matches('.'));
        let link = format!("<a href=\"{}\">{words}</a>", escaped(&lesson.link()));
        if !links.contains(&link) {
            links.push(link);
        }
    }
    if links.is_empty() {
        return String::new();
    }
    format!("<p class=\"fl-foot\">{}</p>", links.join(" · "))
}
