//! Spans and events: tasks, what they wait for, and who wakes them.

use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;
use std::probe::tasks::{
    self, Called, Hold, LocationSlot, Oneshots, Resource, Task, TaskKind, TaskWait,
};
use std::sync::Arc;

use crate::fields::Fields;
use crate::making::room;
use crate::within::Within;

/// Stands for a task or a resource, where `tracing` has its spans.
#[derive(Clone, Debug, Default)]
pub struct Span(Of);

/// What a span is of.
#[derive(Clone, Debug, Default)]
enum Of {
    /// Nothing that is of use.
    #[default]
    Nothing,
    /// A task.
    Task(Task),
    /// The clock, or what is a part of something else.
    Wait(TaskWait),
    /// A lock or a barrier.
    Resource(Arc<Resource>),
    /// A channel for one message.
    Oneshot(Arc<Oneshots>),
}

/// A span's number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Id(NonZeroU64);

impl Id {
    /// As a number.
    pub fn into_u64(&self) -> u64 {
        self.0.get()
    }

    pub(crate) fn task(&self) -> Task {
        Task::numbered(self.into_u64())
    }
}

/// A task is spawned, or a resource made.
#[inline]
pub fn span(target: &str, name: &str, fields: &Fields<'_>) -> Span {
    Span(match name {
        "runtime.spawn" => spawned(target, fields),
        "runtime.resource" => resource(fields),
        "runtime.resource.async_op" => {
            if let (Some(wait), Some(source)) = (Within::current(), fields.source)
                && source.ends_with("_owned")
            {
                Resource::is_handed_on(wait);
            }
            Of::Nothing
        }
        _ => Of::Nothing,
    })
}

#[inline(never)]
fn spawned(target: &str, fields: &Fields<'_>) -> Of {
    let shown =
        |field: Option<&dyn fmt::Display>| field.map(ToString::to_string).unwrap_or_default();
    // A runtime starts its own workers so, also one in the place of a worker that is about to
    // block.
    if shown(fields.function).starts_with("tokio::runtime::") {
        tasks::hands_worker_over();
        return Of::Nothing;
    }
    let kind = match shown(fields.kind).as_str() {
        "block_on" => TaskKind::BlockOn,
        "local" => TaskKind::Local,
        "blocking" => TaskKind::Blocking,
        _ if target.ends_with("blocking") => TaskKind::Blocking,
        _ => TaskKind::Spawned,
    };
    Of::Task(tasks::spawn_task(kind, &shown(fields.name), called(fields)))
}

#[inline(never)]
fn resource(fields: &Fields<'_>) -> Of {
    let place = || called(fields).map_or(LocationSlot::NONE, tasks::place_of_call);
    match fields.concrete_type {
        _ if fields.is_internal == Some(true) => Of::Wait(room()),
        Some("Sleep" | "Interval") => Of::Wait(TaskWait::Timer(place())),
        Some("Sender|Receiver") => Of::Oneshot(Arc::new(Oneshots::new(place()))),
        Some(concrete_type) => match Resource::new(concrete_type, called(fields)) {
            Some(resource) => Of::Resource(Arc::new(resource)),
            None => Of::Nothing,
        },
        None => Of::Nothing,
    }
}

fn called<'a>(fields: &Fields<'a>) -> Option<Called<'a>> {
    let number = |field: Option<u64>| field.and_then(|it| u32::try_from(it).ok());
    Some((fields.file?, number(fields.line)?, number(fields.column)?))
}

/// Something is done to a task's waker.
#[inline(always)]
pub fn waker(op: &str, task: u64) {
    match op {
        "waker.wake" | "waker.wake_by_ref" => tasks::wake_task(Task::numbered(task)),
        "waker.clone" => waker_cloned(task),
        _ => {}
    }
}

fn waker_cloned(task: u64) {
    if Within::current().is_none() {
        tasks::waits_elsewhere(Task::numbered(task));
    }
}

/// Something happened: within the resource that was entered, or to a task.
#[inline]
pub fn event(target: &str, fields: &Fields<'_>) {
    match target {
        "tokio::task::waker" => waker(fields.op.unwrap_or_default(), fields.task.unwrap_or(0)),
        "runtime::resource::poll_op" => match (Within::current(), fields.is_ready) {
            (Some(wait), Some(true)) => {
                GOT.set(Some(wait));
                if matches!(wait, TaskWait::Oneshot(_)) {
                    told_of_oneshot(|told| told.ready = true);
                }
                tasks::task_waits_no_longer(wait);
            }
            (Some(wait), Some(false)) => tasks::task_waits(wait),
            _ => {}
        },
        "runtime::resource::state_update" => {
            if let Some(wait) = Within::current() {
                if fields.value_sent == Some(true) {
                    told_of_oneshot(|told| told.sent = true);
                }
                if fields.value_received == Some(true) {
                    told_of_oneshot(|told| told.ready = true);
                }
                match (fields.size, fields.permits_op) {
                    (Some(size), _) => Resource::is_for(wait, size),
                    (None, Some("override")) => {
                        Resource::is_for(wait, fields.permits.unwrap_or(0));
                    }
                    _ => {}
                }
                if fields.arrived == Some("add") {
                    Resource::is_reached(wait);
                }
                match (fields.locked, fields.readers) {
                    (Some(true), _) => Resource::acquired(wait, hold(wait)),
                    (Some(false), _) => Resource::released(wait),
                    (None, Some("add")) => Resource::acquired(wait, Hold::Shared),
                    _ => {}
                }
            }
        }
        "runtime::resource::async_op::state_update" => {
            if let (Some(wait), Some(true)) = (Within::current(), fields.is_leader) {
                Resource::is_opened(wait);
            }
        }
        _ => {}
    }
}

fn told_of_oneshot(tell: impl FnOnce(&mut OfOneshot)) {
    let mut told = OF_ONESHOT.get();
    tell(&mut told);
    OF_ONESHOT.set(told);
}

/// Whose a lock is that was taken. Of one that was only tried it isn't known whether the guard is
/// one that can be given to another task.
fn hold(wait: TaskWait) -> Hold {
    match GOT.take() == Some(wait) {
        true => Hold::Own,
        false => Hold::Somebodys,
    }
}

std::thread_local! {
    /// What the thread has just waited for with success.
    static GOT: Cell<Option<TaskWait>> = const { Cell::new(None) };
    /// What was told of the channel for one message in which the thread is.
    static OF_ONESHOT: Cell<OfOneshot> = const { Cell::new(OfOneshot { sent: false, ready: false }) };
}

impl Span {
    /// One of nothing.
    pub const fn none() -> Span {
        Span(Of::Nothing)
    }

    /// One of nothing: nobody asks for the one that is entered.
    pub fn current() -> Span {
        Span::none()
    }

    /// The number of a task.
    pub fn id(&self) -> Option<Id> {
        self.task()
            .and_then(|task| NonZeroU64::new(task.number()))
            .map(Id)
    }

    /// The task that it is of.
    pub(crate) fn task(&self) -> Option<Task> {
        match &self.0 {
            Of::Task(task) if task.is_recorded() => Some(*task),
            _ => None,
        }
    }

    /// Enters it, until what is returned is dropped.
    pub fn enter(&self) -> Entered<'_> {
        Entered {
            _within: self.within(),
            span: self,
        }
    }

    /// The same, of a span that is given away.
    pub fn entered(self) -> EnteredSpan {
        EnteredSpan {
            _within: self.within(),
            span: self,
        }
    }

    /// Enters it for the time of a call.
    pub fn in_scope<R>(&self, call: impl FnOnce() -> R) -> R {
        let _entered = self.enter();
        call()
    }
}

/// What was told of a channel for one message, in the time that a thread was within its span.
#[derive(Clone, Copy, Default)]
struct OfOneshot {
    sent: bool,
    ready: bool,
}

impl Span {
    fn within(&self) -> Within {
        match &self.0 {
            Of::Nothing | Of::Task(_) => Within::NOTHING,
            Of::Wait(wait) => Within::of(*wait),
            Of::Resource(resource) => Within::of(resource.wait()),
            Of::Oneshot(oneshot) => Within::of(oneshot.wait()),
        }
    }

    /// The thread leaves it.
    fn left(&self) {
        if let Of::Oneshot(oneshot) = &self.0 {
            let told = OF_ONESHOT.take();
            if told.sent {
                oneshot.sent();
            }
            if told.ready {
                oneshot.ready();
            }
        }
    }
}

/// A span that was entered, by [`Span::enter`].
#[derive(Debug)]
pub struct Entered<'a> {
    _within: Within,
    span: &'a Span,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.span.left();
    }
}

/// A span that was entered, by [`Span::entered`].
#[derive(Debug)]
pub struct EnteredSpan {
    _within: Within,
    span: Span,
}

impl Drop for EnteredSpan {
    fn drop(&mut self) {
        self.span.left();
    }
}
