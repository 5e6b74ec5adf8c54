//! The small print of a report: what the recorder added, what it lost, what is not shown.

use crate::columns::reference;
use crate::model::{Between, OverflowRow, Recording, Ref, Report};
use crate::words::units::{count, counted, duration, list};

/// Sentences, in order.
pub(crate) fn all(report: &Report) -> Vec<String> {
    // What threads of earlier cells printed meanwhile is shown by the kernel, apart.
    let mut notes: Vec<String> = Vec::new();
    notes.extend(report.between.as_ref().map(|it| between(report, it)));
    notes.extend(held_before(report));
    notes.push(recorder(&report.recording));
    notes.extend(report.recording.overflow.as_ref().map(overflow));
    if let Some(timeline) = &report.timeline
        && timeline.merged > 0
    {
        notes.push(format!(
            "What lasted less than {} is merged in the timeline.",
            duration(timeline.resolution_ns)
        ));
    }
    notes.extend(hardly_ran(report));
    if let Some(at) = report.deadlock_ns {
        notes.push(format!(
            "All numbers end at the deadlock, {} after the cell began. Then one thread was made to \
             unwind, so that the session lives; what came of that is left out.",
            duration(at)
        ));
    }
    if let Some(omitted) = report.omitted {
        notes.push(format!(
            "{} left out to keep the report small.",
            counted(omitted, "row")
        ));
    }
    notes
}

/// Who is shown as running and was not on a core.
fn hardly_ran(report: &Report) -> Option<String> {
    let timeline = report.timeline.as_ref()?;
    let rows = report.threads.iter();
    let labels: Vec<String> = rows
        .filter(|row| row.hardly_ran(report.wall_ns))
        // It may have been starting for as long.
        .filter(|row| row.cpu_ns < Some(timeline.running_ns(row.id) / 10))
        .map(|row| row.label.clone())
        .collect();
    if labels.is_empty() {
        return None;
    }
    Some(format!(
        "{} had a core for less than a tenth of the time drawn as running: the rest waited for a \
         core, or where it is not recorded (system calls, locks of other crates, async runtimes).",
        list(&labels, 4)
    ))
}

/// Most things named of what happened between two cells.
const BETWEEN: usize = 6;

/// What threads of earlier cells did before this one began.
fn between(report: &Report, between: &Between) -> String {
    let locks = between.locks.iter().map(|row| {
        let name = reference(report, Ref::Lock(row.lock));
        format!("{name} locked {}", counted(row.acquisitions, "time"))
    });
    let channels = between.channels.iter().map(|row| {
        let name = reference(report, Ref::Channel(row.channel));
        let (sent, received) = (count(row.sent), count(row.received));
        format!("{name}: {sent} sent, {received} received")
    });
    let parts: Vec<String> = locks.chain(channels).collect();
    let more = parts.len().saturating_sub(BETWEEN);
    let mut words = parts[..parts.len().min(BETWEEN)].join("; ");
    if more > 0 {
        words += &format!("; and {more} more");
    }
    format!(
        "Between [{}] and [{}], not counted here: {words}.",
        between.since_cell, report.cell
    )
}

/// Of which locks the time held begins with the cell, and did not really.
fn held_before(report: &Report) -> Option<String> {
    let rows = report.locks.iter().filter(|row| row.held_before);
    let names: Vec<String> = rows
        .map(|row| reference(report, Ref::Lock(row.id)))
        .collect();
    if names.is_empty() {
        return None;
    }
    let was = if names.len() == 1 { "was" } else { "were" };
    Some(format!(
        "{} {was} held already when the cell began; the time held counts from there.",
        list(&names, 4)
    ))
}

/// What the recorder wrote, added and lost.
fn recorder(recording: &Recording) -> String {
    let mut line = format!("Recorder: {}", counted(recording.events, "event"));
    if recording.overhead_ns > 0 {
        line += &format!(
            ", about {} added over all threads",
            duration(recording.overhead_ns)
        );
    }
    if recording.counts_only {
        line += "; only counters were recorded, so there is no timeline";
    }
    if recording.gap_events > 0 {
        line += &format!(
            "; {} of them are missing from the timeline (counters are exact)",
            count(recording.gap_events)
        );
    }
    line + "."
}

/// What did not fit in the recording's tables.
fn overflow(overflow: &OverflowRow) -> String {
    let mut parts = Vec::new();
    if overflow.threads > 0 {
        parts.push(counted(overflow.threads, "thread"));
    }
    if overflow.tasks > 0 {
        parts.push(counted(overflow.tasks, "task"));
    }
    if overflow.objects > 0 {
        parts.push(counted(overflow.objects, "object"));
    }
    let mut line = format!("Beyond the tables: {}", parts.join(" and "));
    let counts = [
        (overflow.acquisitions, "acquisition"),
        (overflow.sent, "message"),
    ];
    for (n, noun) in counts {
        if n > 0 {
            line += &format!(", {}", counted(n, noun));
        }
    }
    if overflow.sent > 0 {
        line += &format!(" sent and {} received", count(overflow.received));
    }
    line + ", counted together."
}
