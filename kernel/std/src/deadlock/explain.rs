//! A verdict in words, for who sees the panic itself: a `join`, or a `catch_unwind`.

use real::format;
use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::*;
use record::snapshot::{VerdictKind, WaitKind};
use record::{ObjectSlot, ThreadId, ThreadSlot};

use super::look::{entry, word};

/// A verdict in plain words, for the payload of the panic.
pub fn explanation(layout: &Layout, slot: u32) -> String {
    let Some(verdict) = layout.verdicts.get(slot as usize) else {
        return String::from("deadlock");
    };
    let edges = &verdict.edges[..(word(&verdict.edge_count) as usize).min(VERDICT_EDGES)];
    let mut text = String::from(match word(&verdict.kind) {
        kind if kind == VerdictKind::Cycle as u32 && edges.len() == 1 => {
            "deadlock: this thread waits for something that only it can give"
        }
        kind if kind == VerdictKind::Cycle as u32 => {
            "deadlock: these threads wait for each other in a ring"
        }
        kind if kind == VerdictKind::HolderEnded as u32 => {
            "deadlock: what is waited for was held by a thread that has ended, or can never go on"
        }
        _ => "deadlock: every thread waits, and nobody is left who could wake one",
    });
    for edge in edges {
        text.push_str("\n  ");
        text.push_str(&explain_edge(layout, edge));
    }
    text
}

fn explain_edge(layout: &Layout, edge: &VerdictEdge) -> String {
    let waiter = thread_name(layout, ThreadSlot(word(&edge.waiter)));
    let at = place(layout, word(&edge.at));
    let kind = WaitKind::ALL.get(word(&edge.kind) as usize).copied();
    let (target, send) = (
        word(&edge.target),
        word(&edge.flags) & WAIT_SHARED_OR_SEND != 0,
    );
    let what = match kind {
        Some(WaitKind::Join) if target == 0 => String::from("the end of its scope's threads"),
        Some(WaitKind::Join) => format!("the end of {}", thread_name(layout, ThreadSlot(target))),
        Some(WaitKind::Park) => String::from("an unpark"),
        Some(WaitKind::Channel) if send => room(layout, target),
        Some(WaitKind::Channel) if target == 0 => String::from("one of its channels"),
        Some(WaitKind::Channel) => {
            format!("a message from {}", object_name(layout, ObjectSlot(target)))
        }
        Some(WaitKind::Condvar) => format!(
            "a notification of {}",
            object_name(layout, ObjectSlot(target))
        ),
        _ => object_name(layout, ObjectSlot(target)),
    };
    let mut text = format!("{waiter} waits at {at} for {what}");
    let holder = word(&edge.holder);
    if holder != 0 && kind != Some(WaitKind::Join) {
        let since = match word(&edge.held_since) {
            0 => String::new(),
            taken => format!(" since {}", place(layout, taken)),
        };
        let verb = if word(&edge.held_since) == 0 {
            "comes before it in the queue"
        } else {
            "holds it"
        };
        text.push_str(&format!(
            "; {} {verb}{since}",
            thread_name(layout, ThreadSlot(holder))
        ));
    }
    text
}

/// What a sender waits for.
fn room(layout: &Layout, channel: u32) -> String {
    let what = object_name(layout, ObjectSlot(channel));
    // One more than there is room for.
    match layout.objects.get(channel as usize) {
        Some(entry) if entry.capacity.load(Ordering::SeqCst) == 1 => {
            format!("the receiver of {what}")
        }
        _ => format!("room in {what}"),
    }
}

fn thread_name(layout: &Layout, thread: ThreadSlot) -> String {
    entry(layout, thread).map_or_else(
        || String::from("a thread"),
        |entry| ThreadId(word(&entry.ordinal)).to_string(),
    )
}

fn place(layout: &Layout, index: u32) -> String {
    match layout.locations.get(index as usize).filter(|_| index != 0) {
        Some(entry) => {
            let file = layout.text(entry.file.load(Ordering::SeqCst));
            format!("{file}:{}:{}", word(&entry.line), word(&entry.column))
        }
        None => String::from("an unknown place"),
    }
}

fn object_name(layout: &Layout, object: ObjectSlot) -> String {
    let Some(entry) = layout
        .objects
        .get(object.index())
        .filter(|_| object.is_some())
    else {
        return String::from("an object");
    };
    let kind = match word(&entry.kind) {
        1 => "Mutex",
        2 => "RwLock",
        3 => "channel",
        4 => "sync_channel",
        5 => "Condvar",
        6 => "Barrier",
        7 => "Once",
        8 => "OnceLock",
        9 => "LazyLock",
        _ => "lock of a standard stream",
    };
    let typed = match layout.text(entry.type_name.load(Ordering::SeqCst)) {
        unit if unit.is_empty() || unit == "()" => String::from(kind),
        inner => format!("{kind}<{inner}>"),
    };
    match word(&entry.created_at) {
        0 => format!("the {typed}"),
        created => format!("the {typed} made at {}", place(layout, created)),
    }
}
