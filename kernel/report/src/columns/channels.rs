//! Channels: what went through, what waits in them, what was lost.

use super::cells::{name_or, sum};
use super::table::{Table, heads};
use crate::model::{At, ChannelKind, Report};
use crate::words::units::{count, counted};

/// The table.
pub(super) fn table(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows: Vec<Vec<String>> = report
        .channels
        .iter()
        .map(|row| {
            let capacity = match row.capacity {
                None => "∞".to_owned(),
                // A column of zeros is left out, and this says how such a channel works.
                Some(0) => "none".to_owned(),
                Some(capacity) => count(capacity),
            };
            let state = match (row.senders, row.receiver_alive) {
                // One row stands for many of them.
                (0, _) if row.kind == ChannelKind::TokioOneshot => String::new(),
                (alive, _) if row.kind == ChannelKind::TokioOneshot => {
                    format!("{} open", count(alive))
                }
                // How many senders there were before it was unwound is not known.
                (0, _) if report.deadlock_ns.is_some() => String::new(),
                (_, true) if report.deadlock_ns.is_some() => "open".to_owned(),
                (0, false) => "closed".to_owned(),
                (senders, false) => format!("no receiver, {}", counted(senders, "sender")),
                (0, true) => "no sender left".to_owned(),
                (senders, true) => format!("open, {}", counted(senders, "sender")),
            };
            vec![
                name_or(&row.name, row.kind.name()),
                name_or(&row.type_name, ""),
                place(&row.created_at),
                capacity,
                count(row.sent),
                count(row.received),
                match (row.queued, row.max_queued) {
                    (now, most) if now == most => count(now),
                    (now, most) => format!("{} ({})", count(now), count(most)),
                },
                count(row.lost.saturating_sub(row.refused)),
                count(row.refused),
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
            "created---",
            "#capacity",
            "#sent",
            "#received",
            "#queued (max)--",
            "#lost",
            "#refused",
            "#send waited (max)",
            "#recv waited (max)",
            "state-",
        ]),
        rows,
        omitted,
    }
}
