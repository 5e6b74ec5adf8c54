//! Steps, places and races, as the kernel is told them.

use explore::{Pending, Race, Step, Trace};

use crate::json::Json;
use crate::places::{self, Place};
use crate::{events, scheduler};

fn at(place: u32) -> Json {
    match places::place(place) {
        None => Json::null(),
        Some(Place::Code(offset)) => Json::object([("code", Json::plain(offset))]),
        Some(Place::Source(at)) => Json::object([
            ("file", Json::text(at.file())),
            ("line", Json::plain(at.line())),
            ("column", Json::plain(at.column())),
        ]),
    }
}

/// The steps of a run.
pub fn steps(trace: &Trace) -> Json {
    Json::list(trace.steps.iter().map(step_json))
}

/// One of them.
pub fn step_json(step: &Step) -> Json {
    let (pending, effect) = (&step.pending, &step.effect);
    let number = |value: Option<u64>| Json::maybe(value.map(Json::plain));
    Json::object([
        ("thread", Json::plain(pending.thread.0)),
        ("operation", Json::text(&pending.operation.to_string())),
        ("object", Json::text(&format!("{:x}", pending.object.0))),
        ("name", Json::maybe(name(pending).map(Json::text))),
        ("read", number(effect.read)),
        ("written", number(effect.written)),
        (
            "order",
            Json::maybe(effect.order.map(|order| Json::text(&format!("{order:?}")))),
        ),
        (
            "reads_from",
            Json::maybe(effect.reads_from.map(Json::plain)),
        ),
        ("stale", Json::plain(effect.stale)),
        ("blocked", Json::plain(effect.blocked)),
        ("failed", Json::plain(effect.failed)),
        (
            "woke",
            Json::maybe(effect.woke.map(|thread| Json::plain(thread.0))),
        ),
        ("preempted", Json::plain(step.preempted)),
        ("at", at(pending.place)),
    ])
}

/// What the threads that could not go on wait for.
pub fn blocked(trace: &Trace) -> Json {
    Json::list(trace.blocked.iter().map(|pending| {
        Json::object([
            ("thread", Json::plain(pending.thread.0)),
            ("operation", Json::text(&pending.operation.to_string())),
            ("object", Json::text(&format!("{:x}", pending.object.0))),
            ("at", at(pending.place)),
        ])
    }))
}

/// What the source calls the object of a step, or what it is.
fn name(pending: &Pending) -> Option<&'static str> {
    match pending.object {
        events::DESCRIPTORS => Some("a pipe or socket"),
        object => scheduler::name(object),
    }
}

/// The two accesses of a race.
pub fn race((race, address): (Race, usize)) -> Json {
    let name = places::static_variable(address).and_then(places::static_name);
    Json::list([race.first, race.second].map(|touch| {
        Json::object([
            ("name", Json::maybe(name.map(Json::text))),
            ("thread", Json::plain(touch.thread.0)),
            ("step", Json::plain(touch.step + 1)),
            ("writes", Json::plain(touch.writes)),
            ("atomic", Json::plain(touch.atomic)),
            ("frees", Json::plain(touch.frees)),
            ("at", at(touch.place)),
        ])
    }))
}
