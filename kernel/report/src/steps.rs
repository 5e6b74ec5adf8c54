//! Steps in order, as a table: a column a thread, a row a step, time downwards.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use crate::columns::reference;
use crate::model::{At, Order, OrderStep, Ref, Report, StepKind};
use crate::svg;
use crate::words::escape::escaped;
use crate::words::names::isolated;
use crate::words::units::count;

/// Most threads with a column of their own.
const COLUMNS: usize = 5;

/// The threads that take a step, in order of their ids, and what they are called.
pub(crate) fn threads(report: &Report, order: &Order) -> Vec<(u32, String)> {
    let mut ids: Vec<u32> = order.steps.iter().map(|step| step.thread).collect();
    ids.sort_unstable();
    ids.dedup();
    let label = |id: u32| {
        let row = report.threads.iter().find(|row| row.id == id);
        let label = row.map_or_else(|| format!("T{id}"), |row| row.label.clone());
        let main = row.filter(|row| row.is_main).map(|_| "main".to_owned());
        match row.and_then(|row| row.name.clone()).or(main) {
            Some(name) => format!("{label} {}", isolated(&name)),
            None => label,
        }
    };
    ids.into_iter().map(|id| (id, label(id))).collect()
}

/// A step's number: `①`, or `11` where common fonts have no sign for it.
pub(crate) fn number(step: u32) -> String {
    match step {
        1..=10 => char::from_u32(0x245F + step).map_or_else(String::new, String::from),
        _ => step.to_string(),
    }
}

/// What a thread does in a step; `words.js` of the JupyterLab extension says the same.
fn verb(operation: StepKind, reference: Option<Ref>) -> &'static str {
    match (operation, reference) {
        (StepKind::Spawn, _) => "spawns",
        (StepKind::Lock, _) => "locks",
        (StepKind::Read, _) => "reads",
        (StepKind::Unlock, _) => "unlocks",
        (StepKind::Wait, Some(Ref::Thread(_))) => "joins",
        (StepKind::Wait, Some(Ref::Barrier(_))) => "waits at",
        (StepKind::Wait, _) => "waits for",
        (StepKind::Wake, _) => "goes on after",
        (StepKind::Send, _) => "sends to",
        (StepKind::Receive, _) => "receives from",
        (StepKind::DropReceiver, _) => "drops the receiver of",
        (StepKind::Notify, _) => "notifies",
        (StepKind::Unpark, _) => "unparks",
        (StepKind::Join, _) => "joins",
        (StepKind::Panic, _) => "panics",
    }
}

/// A step in words: `waits for pepper (T3) · line 7`.
pub(crate) fn words(report: &Report, step: &OrderStep) -> String {
    let mut words = match (step.operation, &step.object) {
        (StepKind::Wait, None) => "waits".to_owned(),
        (operation, None) => verb(operation, step.reference).to_owned(),
        (operation, Some(object)) => {
            format!("{} {}", verb(operation, step.reference), isolated(object))
        }
    };
    if step.times > 1 {
        words += &format!(" {} times", count(step.times));
    }
    if let Some(by) = step.blocked_on {
        words += &format!(" ({})", reference(report, Ref::Thread(by)));
    }
    if step.for_ever {
        words += " for ever";
    }
    match &step.at {
        Some(At::Cell { cell, line, .. }) if *cell == report.cell => {
            words + &format!(" · line {line}")
        }
        Some(at) => words + &format!(" · {}", at.words(report.cell)),
        None => words,
    }
}

/// That a thread may rely on what another one has changed since, `T3 has tickets (③) between …`,
/// and what follows from that. The numbers are those of the steps.
pub(crate) fn outdated(report: &Report) -> Option<[String; 2]> {
    let order = report.order.as_ref()?;
    let found = order.outdated?;
    let step = |number| order.steps.iter().find(|step| step.step == number);
    let (seen, changed, again) = (step(found.seen)?, step(found.changed)?, step(found.again)?);
    let threads = threads(report, order);
    let name = |id| {
        threads
            .iter()
            .find(|(known, _)| *known == id)
            .map_or("", |(_, name)| name)
    };
    let at = |step: &OrderStep| match &step.at {
        Some(at) => format!(" at {}", at.words(report.cell)),
        None => String::new(),
    };
    Some([
        format!(
            "{} has {} ({}) between two times that {} has it ({} and {})",
            name(changed.thread),
            isolated(changed.object.as_deref().unwrap_or("it")),
            number(changed.step),
            name(seen.thread),
            number(seen.step),
            number(again.step),
        ),
        format!(
            "What was seen{} may be old{}: if it matters there, hold the lock from the one to the \
             other.",
            at(seen),
            at(again),
        ),
    ])
}

/// Whether there are steps that say more than the timeline.
pub(crate) fn say_more(report: &Report) -> bool {
    report.order.as_ref().is_some_and(|order| order.says_more)
}

/// [`outdated`] as a finding stands: above the timeline where the steps say more, with them where
/// they are folded.
pub(crate) fn outdated_html(out: &mut String, report: &Report) -> fmt::Result {
    let Some([title, detail]) = outdated(report) else {
        return Ok(());
    };
    write!(
        out,
        "<div class=\"fl-find fl-note\"><b>{}</b><p>{}</p></div>",
        escaped(&title),
        escaped(&detail)
    )
}

/// Whether each thread has a column: else its label stands before its steps.
pub(crate) fn has_columns(threads: &[(u32, String)]) -> bool {
    threads.len() <= COLUMNS
}

/// Writes the steps as a table of HTML, folded where the timeline says as much.
pub(crate) fn html(out: &mut String, report: &Report, order: &Order) -> fmt::Result {
    let threads = threads(report, order);
    let open = if order.says_more { " open" } else { "" };
    let caption = "In order";
    write!(out, "<details{open}><summary>{caption}</summary>")?;
    if !order.says_more {
        outdated_html(out, report)?;
    }
    write!(
        out,
        "<div class=\"fl-scroll\" tabindex=\"0\" \
         role=\"group\" aria-label=\"{caption}\"><table class=\"fl-order\">\
         <caption>{caption}</caption><thead><tr><th scope=\"col\">step</th>"
    )?;
    let heads: Vec<&str> = if has_columns(&threads) {
        threads.iter().map(|(_, label)| label.as_str()).collect()
    } else {
        vec!["thread", ""]
    };
    for head in &heads {
        write!(out, "<th scope=\"col\">{}</th>", escaped(head))?;
    }
    out.push_str("</tr></thead><tbody>");
    for step in &order.steps {
        row(out, report, &threads, step)?;
    }
    out.push_str("</tbody></table>");
    if let Some(words) = left_out(order) {
        write!(out, "<p class=\"fl-foot\">{words}</p>")?;
    }
    out.push_str("</div></details>");
    Ok(())
}

/// What the steps don't show: that there were more of them, and that locks were given back.
pub(crate) fn left_out(order: &Order) -> Option<String> {
    let mut words = Vec::new();
    if order.omitted > 0 {
        let told: u64 = order.steps.iter().map(|step| step.times).sum();
        words.push(format!(
            "Of {} steps, those that matter.",
            order.omitted + told
        ));
    }
    if takes_again(order) {
        words.push(
            "Who locks again has unlocked before: that is shown where it lets another in."
                .to_owned(),
        );
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// Whether a thread takes a lock twice, and no step says that it gave it back.
fn takes_again(order: &Order) -> bool {
    let mut held: BTreeSet<(u32, Option<Ref>)> = BTreeSet::new();
    order.steps.iter().any(|step| {
        let key = (step.thread, step.reference);
        if step.operation == StepKind::Unlock {
            held.remove(&key);
        }
        matches!(step.operation, StepKind::Lock | StepKind::Read) && !held.insert(key)
    })
}

/// A square in a lock's hue, as in the picture.
pub(crate) fn hue(lock: u32) -> String {
    format!("<span class=\"fl-k{}\">■</span> ", svg::hue(lock))
}

fn row(
    out: &mut String,
    report: &Report,
    threads: &[(u32, String)],
    step: &OrderStep,
) -> fmt::Result {
    write!(out, "<tr><td>{}</td>", number(step.step))?;
    let hue = match step.reference {
        Some(Ref::Lock(id)) => hue(id),
        _ => String::new(),
    };
    let class = if step.for_ever {
        " class=\"fl-bad-text\""
    } else {
        ""
    };
    // A line's number stays with its word where a cell is broken into lines.
    let words = words(report, step).replace(" line ", " line\u{a0}");
    let words = escaped(&words);
    if has_columns(threads) {
        for (id, _) in threads {
            if *id == step.thread {
                write!(out, "<td{class}>{hue}{words}</td>")?;
            } else {
                out.push_str("<td></td>");
            }
        }
    } else {
        let label = threads.iter().find(|(id, _)| *id == step.thread);
        let label = label.map_or("", |(_, label)| label.as_str());
        write!(
            out,
            "<td>{}</td><td{class}>{hue}{words}</td>",
            escaped(label)
        )?;
    }
    out.push_str("</tr>");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::verb;
    use crate::model::{Ref, StepKind};

    #[test]
    fn the_extension_says_the_same() {
        let script = include_str!("../../labextension/static/words.js");
        let says = |key: &str, verb: &str| {
            let entry = format!("  {key}: '{verb}',");
            assert!(script.lines().any(|line| line == entry), "{entry}");
        };
        for kind in StepKind::ALL {
            says(kind.name(), verb(kind, None));
        }
        says("thread", verb(StepKind::Wait, Some(Ref::Thread(2))));
        says("barrier", verb(StepKind::Wait, Some(Ref::Barrier(1))));
    }
}
