//! The tables as people read them: captions, heads and cells, the same in text and HTML.

use crate::model::{At, Blocked, Ref, Report, StateName, Sum, ThreadRow};
use crate::names;
use crate::units::{count, counted, duration};

/// A table ready to be written.
pub(crate) struct Table {
    /// What it lists, and how many: `3 locks`.
    pub(crate) caption: String,
    /// Heads of the columns.
    pub(crate) heads: Vec<Head>,
    /// Cells, row by row.
    pub(crate) rows: Vec<Vec<String>>,
    /// Rows that the report doesn't have.
    pub(crate) omitted: u64,
}

/// A column's head.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    /// Its words.
    pub(crate) title: &'static str,
    /// Whether its cells are numbers, which stand to the right.
    pub(crate) is_number: bool,
    /// Whether its cells are types, which may be long and can be broken anywhere.
    pub(crate) is_type: bool,
    /// Which column goes first where the page is too narrow for all: the one with the highest number; those
    /// with 0 stay.
    pub(crate) dispensable: u8,
}

/// Heads; those that begin with `#` are of numbers, those that end with `-` are dispensable, the more so
/// the more often.
fn heads(titles: &[&'static str]) -> Vec<Head> {
    let head = |title: &&'static str| {
        let words = title.trim_end_matches('-');
        let title_words = words.trim_start_matches('#');
        Head {
            title: title_words,
            is_number: words.starts_with('#'),
            is_type: title_words == "type",
            dispensable: (title.len() - words.len()) as u8,
        }
    };
    titles.iter().map(head).collect()
}

/// All tables that have rows. `place` words a place.
pub(crate) fn all(report: &Report, place: impl Fn(&Option<At>) -> String) -> Vec<Table> {
    let place = &place;
    let mut tables = vec![
        threads(report, place),
        locks(report, place),
        channels(report, place),
    ];
    tables.extend(others(report, place));
    tables.retain(|table| !table.rows.is_empty());
    for table in &mut tables {
        for (column, head) in table.heads.iter_mut().enumerate() {
            // Where no cell has a maximum in parentheses, the head needs none either.
            let has_most = table.rows.iter().any(|row| row[column].ends_with(')'));
            if let Some(title) = head.title.strip_suffix(" (max)").filter(|_| !has_most) {
                head.title = title;
            }
        }
    }
    tables
}

/// A time, or nothing for none.
fn time(ns: u64) -> String {
    if ns == 0 {
        "0".to_owned()
    } else {
        duration(ns)
    }
}

/// A sum of times and, where it says more, the longest in parentheses.
fn sum(sum: Sum) -> String {
    if sum.total == 0 || sum.max == 0 || sum.max == sum.total {
        time(sum.total)
    } else {
        format!("{} ({})", duration(sum.total), duration(sum.max))
    }
}

/// A name, or a dash.
fn name_or(name: &Option<String>, otherwise: &str) -> String {
    name.clone().unwrap_or_else(|| otherwise.to_owned())
}

fn threads(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows: Vec<Vec<String>> = report
        .threads
        .iter()
        .map(|row| {
            let main = if row.is_main { "main" } else { "" };
            let life = row
                .end_ns
                .unwrap_or(report.wall_ns)
                .saturating_sub(row.start_ns);
            vec![
                row.label.clone(),
                row.name
                    .as_deref()
                    .map_or_else(|| main.to_owned(), names::isolated),
                row.os_tid.map(|tid| tid.to_string()).unwrap_or_default(),
                place(&row.spawned_at),
                time(life),
                row.cpu_ns.map(time).unwrap_or_default(),
                waited(&row.blocked_ns),
                row.lines_printed.to_string(),
                state(report, row),
            ]
        })
        .collect();
    let omitted = report.omitted_in.map_or(0, |omitted| omitted.threads);
    Table {
        caption: counted(rows.len() as u64 + omitted, "thread"),
        heads: heads(&[
            "id", "name", "#OS id--", "spawned", "#life", "#CPU", "waited", "#lines-", "state",
        ]),
        rows,
        omitted,
    }
}

/// The two kinds of waiting that took longest: `lock 30 ms, join 2 ms`.
fn waited(blocked: &Blocked) -> String {
    let mut kinds = [
        ("lock", blocked.lock),
        ("channel", blocked.channel),
        ("join", blocked.join),
        ("condvar", blocked.condvar),
        ("barrier", blocked.barrier),
        ("once", blocked.once),
        ("park", blocked.park),
        ("sleep", blocked.sleep),
    ];
    kinds.sort_by_key(|(_, ns)| std::cmp::Reverse(*ns));
    let parts: Vec<String> = kinds
        .iter()
        .filter(|(_, ns)| *ns > 0)
        .take(2)
        .map(|(kind, ns)| format!("{kind} {}", duration(*ns)))
        .collect();
    parts.join(", ")
}

/// A thread's state, and what it waits for.
fn state(report: &Report, row: &ThreadRow) -> String {
    match row.state {
        StateName::Finished => "finished".to_owned(),
        StateName::Panicked => "panicked".to_owned(),
        StateName::Running if row.is_main && !report.live => String::new(),
        StateName::Running => "running".to_owned(),
        StateName::Blocked => match row.waiting_for {
            Some(Ref::Sleep(_)) => "sleeps".to_owned(),
            Some(Ref::Park(_)) => "parked".to_owned(),
            Some(what @ Ref::Thread(_)) => format!("joins {}", reference(report, what)),
            Some(what) => format!("waits for {}", reference(report, what)),
            None => "waits".to_owned(),
        },
    }
}

/// What a reference stands for: a name, or kind and number.
pub(crate) fn reference(report: &Report, reference: Ref) -> String {
    let named = |name: Option<&Option<String>>, otherwise: String| {
        name.cloned().flatten().unwrap_or(otherwise)
    };
    match reference {
        Ref::Lock(id) => {
            let row = report.locks.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("lock {id}"))
        }
        Ref::Channel(id) => {
            let row = report.channels.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("channel {id}"))
        }
        Ref::Condvar(id) => {
            let row = report.condvars.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("condvar {id}"))
        }
        Ref::Barrier(id) => {
            let row = report.barriers.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("barrier {id}"))
        }
        Ref::Once(id) => {
            let row = report.initialisers.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("initialiser {id}"))
        }
        Ref::Thread(id) => report
            .threads
            .iter()
            .find(|row| row.id == id)
            .map_or_else(|| format!("T{id}"), |row| row.label.clone()),
        Ref::Park(_) => "unpark".to_owned(),
        Ref::Sleep(_) => "the clock".to_owned(),
        Ref::Scope(_) => "its scope".to_owned(),
        Ref::Stdio(_) => "stdout".to_owned(),
    }
}

fn locks(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows: Vec<Vec<String>> = report
        .locks
        .iter()
        .map(|row| {
            let held: Vec<String> = row
                .held_by
                .iter()
                .map(|&id| reference(report, Ref::Thread(id)))
                .collect();
            let mut state = Vec::new();
            if row.poisoned {
                state.push("poisoned".to_owned());
            }
            if !held.is_empty() {
                state.push(format!("held by {}", held.join(", ")));
            }
            vec![
                row.letter.clone(),
                name_or(&row.name, row.kind),
                kind_of(row.kind, &row.type_name),
                place(&row.created_at),
                match (row.reads, row.writes) {
                    (Some(reads), Some(writes)) => {
                        format!(
                            "{} ({} r, {} w)",
                            count(row.acquisitions),
                            count(reads),
                            count(writes)
                        )
                    }
                    _ => count(row.acquisitions),
                },
                count(row.contended),
                sum(row.wait_ns),
                sum(row.hold_ns),
                count(row.failed_tries),
                state.join(", "),
            ]
        })
        .collect();
    let omitted = report.omitted_in.map_or(0, |omitted| omitted.locks);
    Table {
        caption: counted(rows.len() as u64 + omitted, "lock"),
        heads: heads(&[
            "",
            "name",
            "type-",
            "made--",
            "#locked",
            "#contended",
            "#waited (max)",
            "#held (max)",
            "#tries failed",
            "state",
        ]),
        rows,
        omitted,
    }
}

fn kind_of(kind: &str, type_name: &Option<String>) -> String {
    match type_name {
        Some(type_name) => format!("{kind}<{type_name}>"),
        None => kind.to_owned(),
    }
}

fn channels(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows: Vec<Vec<String>> = report
        .channels
        .iter()
        .map(|row| {
            let capacity = match row.capacity {
                None => "∞".to_owned(),
                Some(capacity) => count(capacity),
            };
            let state = match (row.senders, row.receiver_alive) {
                (0, false) => "closed".to_owned(),
                (senders, false) => format!("no receiver, {}", counted(senders, "sender")),
                (0, true) => "no sender left".to_owned(),
                (senders, true) => format!("open, {}", counted(senders, "sender")),
            };
            vec![
                name_or(&row.name, row.kind),
                name_or(&row.type_name, ""),
                place(&row.created_at),
                capacity,
                count(row.sent),
                count(row.received),
                match (row.queued, row.max_queued) {
                    (now, most) if now == most => count(now),
                    (now, most) => format!("{} ({})", count(now), count(most)),
                },
                count(row.lost),
                sum(row.send_wait_ns),
                sum(row.recv_wait_ns),
                state,
            ]
        })
        .collect();
    let omitted = report.omitted_in.map_or(0, |omitted| omitted.channels);
    Table {
        caption: counted(rows.len() as u64 + omitted, "channel"),
        heads: heads(&[
            "name",
            "type----",
            "made---",
            "#room",
            "#sent",
            "#received",
            "#queued (max)--",
            "#lost",
            "#send waited (max)",
            "#recv waited (max)",
            "state-",
        ]),
        rows,
        omitted,
    }
}

fn others(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Vec<Table> {
    let condvars = report.condvars.iter().map(|row| {
        vec![
            name_or(&row.name, "Condvar"),
            place(&row.created_at),
            count(row.waits),
            count(row.notifies),
            count(row.notifies_unheard),
            sum(row.wait_ns),
        ]
    });
    let barriers = report.barriers.iter().map(|row| {
        vec![
            name_or(&row.name, "Barrier"),
            place(&row.created_at),
            row.size.map(count).unwrap_or_default(),
            count(row.waits),
            count(row.generations),
            sum(row.wait_ns),
        ]
    });
    let initialisers = report.initialisers.iter().map(|row| {
        vec![
            name_or(&row.name, row.kind),
            row.kind.to_owned(),
            place(&row.created_at),
            count(row.initialisations),
            sum(row.wait_ns),
        ]
    });
    let dependencies = report.dependencies.iter().map(|row| {
        vec![
            row.krate.clone(),
            count(row.threads),
            count(row.locks),
            count(row.channels),
            time(row.wait_ns),
        ]
    });
    let table = |noun: &str, titles: &[&'static str], rows: Vec<Vec<String>>| Table {
        caption: counted(rows.len() as u64, noun),
        heads: heads(titles),
        rows,
        omitted: 0,
    };
    let mut tables = vec![
        table(
            "condition variable",
            &[
                "name",
                "made",
                "#waits",
                "#notified",
                "#unheard",
                "#waited (max)",
            ],
            condvars.collect(),
        ),
        table(
            "barrier",
            &[
                "name",
                "made",
                "#size",
                "#waits",
                "#opened",
                "#waited (max)",
            ],
            barriers.collect(),
        ),
        table(
            "initialiser",
            &["name", "kind", "made", "#ran", "#waited (max)"],
            initialisers.collect(),
        ),
        table(
            "dependency",
            &["crate", "#threads", "#locks", "#channels", "#waited"],
            dependencies.collect(),
        ),
    ];
    if tables[3].rows.len() > 1 {
        tables[3].caption = format!("{} dependencies", tables[3].rows.len());
    }
    tables
}
