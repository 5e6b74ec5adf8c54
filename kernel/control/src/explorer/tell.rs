//! What the kernel is told: runs, with their steps, places and races, and how far the search is.

use explore::{Coverage, Pending, Race, Step, Trace};

use super::{Confirmed, Explorer, Over};
use crate::json::Json;
use crate::outcomes::{Outcomes, token};
use crate::places::{self, Place};
use crate::symbols::Static;
use crate::tally::Tally;
use crate::{beyond, events, scheduler};

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
fn steps(trace: &Trace) -> Json {
    Json::list(trace.steps.iter().map(step_json))
}

/// One of them.
fn step_json(step: &Step) -> Json {
    let (pending, effect) = (&step.pending, &step.effect);
    let number = |value: Option<u64>| Json::maybe(value.map(Json::plain));
    Json::object([
        ("thread", Json::plain(pending.thread.0)),
        ("operation", Json::text(&pending.operation.to_string())),
        ("object", Json::text(&format!("{:x}", pending.object.0))),
        ("name", Json::maybe(name(pending).map(Json::text))),
        (
            "part",
            Json::maybe(scheduler::static_of(pending.object).map(part)),
        ),
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
        ("of_crate", Json::plain(pending.of_crate)),
        ("at", at(pending.place)),
    ])
}

/// What the threads that could not go on wait for.
fn blocked(trace: &Trace) -> Json {
    Json::list(trace.blocked.iter().map(|pending| {
        Json::object([
            ("thread", Json::plain(pending.thread.0)),
            ("operation", Json::text(&pending.operation.to_string())),
            ("object", Json::text(&format!("{:x}", pending.object.0))),
            ("of_crate", Json::plain(pending.of_crate)),
            ("at", at(pending.place)),
        ])
    }))
}

/// What the source calls the object of a step, or what it is.
fn name(pending: &Pending) -> Option<&'static str> {
    match pending.object {
        events::DESCRIPTORS => Some("a pipe or socket"),
        object => scheduler::static_of(object).map(|it| it.name),
    }
}

/// Where in a static variable something is, and that one's size, in bytes.
fn part(it: Static<'_>) -> Json {
    Json::list([it.within, it.size].map(Json::plain))
}

/// The two accesses of a race.
fn race((race, address): (Race, usize)) -> Json {
    let variable = places::static_variable(address).and_then(places::static_at);
    Json::list([race.first, race.second].map(|touch| {
        Json::object([
            ("name", Json::maybe(variable.map(|it| Json::text(it.name)))),
            ("thread", Json::plain(touch.thread.0)),
            ("step", Json::plain(touch.step + 1)),
            ("writes", Json::plain(touch.writes)),
            ("atomic", Json::plain(touch.atomic)),
            ("frees", Json::plain(touch.frees)),
            ("at", at(touch.place)),
        ])
    }))
}

impl Explorer {
    /// What is told of a run.
    pub(super) fn told(&self, over: &Over, confirmed: &Confirmed) -> Json {
        let trace = over.left.trace.as_ref();
        let passing = confirmed.passing.as_ref().map(|passing| {
            let differs = over.trace().first_difference(passing);
            Json::object([
                ("token", Json::text(&token(passing, self.orders.code))),
                (
                    "step",
                    Json::maybe(differs.map(|step| Json::plain(step + 1))),
                ),
                (
                    "instead",
                    Json::maybe(
                        differs
                            .and_then(|step| passing.steps.get(step))
                            .map(step_json),
                    ),
                ),
            ])
        });
        let holders = over.left.holders.iter();
        let holders =
            holders.map(|(waiter, holder)| Json::list([*waiter, *holder].map(Json::plain)));
        let names = over.left.names.iter().map(|(thread, name)| {
            Json::object([("thread", Json::plain(thread)), ("name", Json::text(name))])
        });
        let objects = over.left.objects.iter().map(|made| {
            Json::object([
                ("object", Json::text(&format!("{:x}", made.object.0))),
                ("kind", Json::plain(made.kind)),
                ("place", Json::plain(made.place)),
                ("order", Json::plain(made.order)),
                ("at", at(made.place)),
            ])
        });
        let joined = over.left.joined.iter().map(|(object, thread)| {
            Json::object([
                ("object", Json::text(&format!("{:x}", object.0))),
                ("thread", Json::plain(thread)),
            ])
        });
        let panics = over.said.panics.iter().map(|(thread, message)| {
            Json::object([
                ("thread", Json::plain(thread)),
                ("message", Json::text(message)),
            ])
        });
        Json::object([
            ("outcome", Json::text(over.way.kind)),
            (
                "error",
                Json::maybe(over.way.error.as_deref().map(Json::text)),
            ),
            ("printed", Json::text(&over.said.printed)),
            ("errors", Json::text(&over.said.errors)),
            ("panics", Json::list(panics)),
            (
                "token",
                Json::maybe(trace.map(|trace| Json::text(&token(trace, self.orders.code)))),
            ),
            (
                "preemptions",
                Json::maybe(trace.map(|trace| Json::plain(trace.preemptions()))),
            ),
            ("steps", Json::maybe(trace.map(steps))),
            ("blocked", Json::maybe(trace.map(blocked))),
            ("holders", Json::list(holders)),
            ("thread", Json::maybe(over.left.thread.map(Json::plain))),
            ("names", Json::list(names)),
            ("objects", Json::list(objects)),
            ("joined", Json::list(joined)),
            ("race", Json::maybe(over.left.race.map(race))),
            ("fewest", Json::plain(confirmed.fewest)),
            ("passing", Json::maybe(passing)),
            (
                "differs",
                Json::maybe(confirmed.differs.as_deref().map(Json::text)),
            ),
            (
                "divergence",
                Json::maybe(confirmed.divergence.as_deref().map(Json::text)),
            ),
        ])
    }

    /// One line for the kernel.
    pub(super) fn say(&self, what: &str, failure: Json) {
        let (executions, bound) = match self.coverage {
            Coverage::All { executions, .. } => (Json::plain(executions), Json::null()),
            Coverage::UpTo { preemptions } => (Json::null(), Json::plain(preemptions)),
            Coverage::Nothing => (Json::null(), Json::null()),
        };
        let tallies = &self.tallies;
        let sum = |count: fn(&Tally) -> u64| tallies.iter().map(count).sum::<u64>();
        let outcomes = Outcomes::of_all(tallies.iter().map(|tally| &tally.outcomes));
        let runs = sum(|tally| tally.runs) + self.runs_of_other();
        let threads = tallies.iter().map(|tally| tally.threads).max();
        let beyond = tallies.iter().fold(0, |all, tally| all | tally.beyond);
        let line = Json::object([
            ("say", Json::text(what)),
            ("schedules", Json::plain(runs)),
            ("seconds", Json::plain(self.seconds())),
            ("cut", Json::plain(sum(|tally| tally.cut))),
            ("stuck", Json::plain(sum(|tally| tally.stuck))),
            ("seed", Json::plain(self.orders.seed)),
            ("weak", Json::plain(tallies.iter().any(Tally::is_weak))),
            (
                "truncated",
                Json::plain(tallies.iter().any(Tally::is_truncated)),
            ),
            ("threads", Json::plain(threads.unwrap_or(0))),
            ("beyond", Json::list(beyond::words(beyond).map(Json::text))),
            ("executions", executions),
            ("bound", bound),
            ("others", Json::plain(outcomes.others())),
            ("outcomes", outcomes.json()),
            ("failure", failure),
        ]);
        let line = format!("{}\n", line.into_string());
        // The kernel sees a broken pipe by itself.
        let _ = record::memory::write_all(self.program.protocol, line.as_bytes());
    }
}
