//! Who waits for whom, drawn as text: for consoles, error messages, and pages without pictures.

use crate::model::{At, Finding, Ref};

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
        out += &format!("{left}{} {}{}\n", edge.label, edge.wait, words(&edge.at));
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
                out += &format!("{arrow}  held by {by}{}\n", words(&edge.held_at));
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
