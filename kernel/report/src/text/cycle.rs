//! Who waits for whom, drawn as text: for consoles, error messages, and pages without pictures.

use crate::model::{At, Finding, Holding, Ref};

/// The edges drawn as text, a line or two each, with source lines where they are known.
pub(crate) fn cycle(finding: &Finding, cell: u32) -> String {
    let words = |at: &Option<At>| {
        at.as_ref()
            .map(|at| format!(" ({})", at.words(cell)))
            .unwrap_or_default()
    };
    let mut out = String::new();
    let last = finding.edges.len().saturating_sub(1);
    for (position, edge) in finding.edges.iter().enumerate() {
        let (left, below) = match (finding.ring, position == 0, position == last) {
            (false, ..) => ("• ", "  "),
            (true, true, _) => ("╭▶ ", "│  "),
            (true, false, _) => ("│  ", "│  "),
        };
        let wait = edge.wait.replace('`', "");
        out += &format!("{left}{} {wait}{}\n", edge.label, words(&edge.at));
        if let Some(code) = &edge.code {
            out += &format!("{below}     {code}\n");
        }
        let arrow = if finding.ring && position == last {
            "╰─── "
        } else {
            below
        };
        match &edge.by_label {
            Some(by) if matches!(edge.waits_for, Ref::Lock(_)) => {
                let at = words(&edge.held_at);
                out += &match edge.holding {
                    Holding::Holds => format!("{arrow}  held by {by}{at}\n"),
                    Holding::Took => format!("{arrow}  taken by {by}{at}, which has ended\n"),
                    Holding::WaitsBefore => format!("{arrow}  after {by}, which waits to write\n"),
                };
            }
            Some(by) if !matches!(edge.waits_for, Ref::Thread(_)) => {
                out += &format!(
                    "{arrow}  only {by} could end that{}\n",
                    words(&edge.held_at)
                );
            }
            Some(by) if finding.ring && position == last => {
                out += &format!("{arrow}  which is {by} again\n");
            }
            _ => {}
        }
    }
    out
}
