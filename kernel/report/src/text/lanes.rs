//! The lane drawing in Unicode: a line a thread, a character a slice of time.

use std::collections::BTreeSet;
use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::pen::{Pen, Style};
use crate::model::{Activity, Lane, MarkKind, Report, Segment, Timeline};
use crate::words::names::isolated;
use crate::words::units::{self, counted};
use crate::words::width::{fit_name, pad};

/// The sign of an activity, and its words in the legend.
fn sign(activity: Activity) -> (char, &'static str) {
    match activity {
        Activity::Starting => ('‧', "starting"),
        Activity::Running => ('█', "running"),
        Activity::Lock => ('▒', "waits for a lock"),
        Activity::Channel => ('=', "waits on a channel"),
        Activity::Join => ('─', "joins"),
        Activity::Condvar => ('o', "condvar"),
        Activity::Barrier => ('|', "barrier"),
        Activity::Once => ('1', "initialisation"),
        Activity::Park => ('p', "parked"),
        Activity::Sleep => ('.', "sleeps"),
        Activity::Scheduled => ('▄', "scheduled"),
        Activity::Idle => ('-', "idle"),
        Activity::Gap => ('?', "events lost"),
    }
}

/// Running, of a thread that was hardly on a core.
const HARDLY: char = '░';

/// Draws lanes, axis and legend.
pub(super) fn draw(pen: &mut Pen<'_>, report: &Report, timeline: &Timeline) -> fmt::Result {
    if timeline.lanes.is_empty() || timeline.end_ns == 0 {
        return Ok(());
    }
    let name = |lane: &Lane| match &lane.name {
        Some(name) => format!("{} {}", lane.label, isolated(name)),
        None => lane.label.clone(),
    };
    let labels: Vec<String> = timeline.all_lanes().map(name).collect();
    let gutter = labels
        .iter()
        .map(|label| label.width())
        .max()
        .unwrap_or(0)
        .clamp(4, 16)
        + 1;
    let open = if timeline.is_open() { OPEN } else { 0 };
    let columns = pen.width.saturating_sub(gutter + 1 + open).max(20);
    let mut seen = BTreeSet::new();
    for (lane, label) in timeline.all_lanes().zip(&labels) {
        pen.out
            .write_str(&pad(&fit_name(label, gutter - 1), gutter, false))?;
        let row = report.threads.iter().find(|row| row.id == lane.thread);
        let hardly_ran = row.is_some_and(|row| row.hardly_ran(report.wall_ns));
        let mut cells = cells(lane, hardly_ran, timeline.end_ns, columns);
        cells.extend(for_ever(lane, open));
        line(pen, &cells, &mut seen)?;
        pen.out.write_char('\n')?;
    }
    axis(pen, timeline.end_ns, gutter, columns)?;
    let tasks = timeline.task_groups.iter().map(|it| (it, "more task"));
    let threads = timeline.groups.iter().map(|it| (it, "more thread"));
    for (group, noun) in tasks.chain(threads) {
        let threads = counted(group.threads, noun);
        let line = format!("{threads}, {}", group.origin);
        pen.cut_line(&line, Style::Dim)?;
    }
    let legend = legend(timeline, seen).join("  ");
    pen.paragraph(&legend, "", "", Style::Dim)
}

/// How many columns are kept for what never ends.
const OPEN: usize = 10;

/// Right of the axis: the wait that never ends.
fn for_ever(lane: &Lane, columns: usize) -> Vec<(char, Style)> {
    let Some(wait) = lane.segments.last().filter(|last| last.for_ever) else {
        return Vec::new();
    };
    let style = Style::Activity(wait.state);
    let sign = (sign(wait.state).0, style);
    let mut cells = vec![sign; columns.saturating_sub(2)];
    cells.extend([('…', style)]);
    cells
}

/// Writes a lane's characters, and notes what they show.
fn line(
    pen: &mut Pen<'_>,
    cells: &[(char, Style)],
    seen: &mut BTreeSet<(Activity, char)>,
) -> fmt::Result {
    seen.extend(cells.iter().filter_map(|(character, style)| match style {
        Style::Activity(activity) => Some((*activity, *character)),
        _ => None,
    }));
    let mut pieces = cells.chunk_by(|one, next| one.1 == next.1).peekable();
    while let Some(piece) = pieces.next() {
        let text: String = piece.iter().map(|(character, _)| character).collect();
        let is_last = pieces.peek().is_none();
        let text = if is_last { text.trim_end() } else { &text };
        pen.styled(text, piece[0].1)?;
    }
    Ok(())
}

/// What the signs mean; only those that occur.
fn legend(timeline: &Timeline, seen: BTreeSet<(Activity, char)>) -> Vec<String> {
    let entry = |(activity, character)| match character {
        '…' => None,
        HARDLY => Some(format!("{HARDLY} hardly on a core")),
        _ => Some(format!("{character} {}", sign(activity).1)),
    };
    let mut legend: Vec<String> = seen.into_iter().filter_map(entry).collect();
    let mut marks = timeline.all_lanes().flat_map(|lane| &lane.marks);
    if marks.clone().any(|mark| mark.kind == MarkKind::Panic) {
        legend.push("! panic".to_owned());
    }
    if marks.any(|mark| mark.kind == MarkKind::Deadlock) {
        legend.push("✗ deadlock".to_owned());
        if timeline.is_open() {
            legend.push("… for ever".to_owned());
        }
    }
    legend
}

/// A lane's characters: in each slice of time, the activity that lasted longest; marks over that.
fn cells(lane: &Lane, hardly_ran: bool, end_ns: u64, columns: usize) -> Vec<(char, Style)> {
    let column = |at: u64| (u128::from(at) * columns as u128 / u128::from(end_ns.max(1))) as usize;
    let edge = |index: usize| (index as u128 * u128::from(end_ns) / columns as u128) as u64;
    let mut cells = vec![(' ', Style::Plain); columns];
    let mut best = vec![0; columns];
    for segment in lane
        .segments
        .iter()
        .filter(|segment| segment.end_ns > segment.start_ns)
    {
        let last = column(segment.end_ns.saturating_sub(1)).min(columns - 1);
        for index in column(segment.start_ns).min(columns - 1)..=last {
            let overlap = overlap(segment, edge(index), edge(index + 1));
            if overlap > best[index] || best[index] == 0 {
                best[index] = overlap.max(1);
                let sign = match segment.state {
                    Activity::Running if hardly_ran => HARDLY,
                    state => sign(state).0,
                };
                cells[index] = (sign, Style::Activity(segment.state));
            }
        }
    }
    for mark in &lane.marks {
        let index = column(mark.at_ns).min(columns - 1);
        match mark.kind {
            MarkKind::Panic if cells[index].0 != '✗' => cells[index] = ('!', Style::Error),
            MarkKind::Deadlock => cells[index] = ('✗', Style::Error),
            _ => {}
        }
    }
    cells
}

fn overlap(segment: &Segment, from: u64, to: u64) -> u64 {
    segment
        .end_ns
        .min(to)
        .saturating_sub(segment.start_ns.max(from))
}

/// A line with round times below the lanes.
fn axis(pen: &mut Pen<'_>, end_ns: u64, gutter: usize, columns: usize) -> fmt::Result {
    let step = units::tick_step(end_ns, (columns as u64 / 12).max(2));
    let mut line = String::new();
    let mut at = 0;
    loop {
        let column = (u128::from(at) * columns as u128 / u128::from(end_ns)) as usize;
        let label = if at == 0 {
            "0".to_owned()
        } else {
            units::duration(at)
        };
        let text = format!("╵{label}");
        if line.width() < column || at == 0 {
            line += &" ".repeat(column - line.width());
            if line.width() + text.width() <= columns {
                line += &text;
            }
        }
        match at.checked_add(step) {
            Some(next) if next <= end_ns => at = next,
            _ => break,
        }
    }
    pen.cut_line(&format!("{}{line}", " ".repeat(gutter)), Style::Dim)
}
