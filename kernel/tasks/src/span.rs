//! Spans and events: tasks, what they wait for, and who wakes them.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::probe::tasks::{self, Called, Hold, LocationSlot, Resource, Task, TaskKind, TaskWait};
use std::sync::Arc;

use crate::fields::Fields;

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
}

/// A span's number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Id(NonZeroU64);

impl Id {
    /// As a number.
    pub fn into_u64(&self) -> u64 {
        self.0.get()
    }
}

/// A task is spawned, or a resource made.
#[inline]
pub fn span(target: &str, name: &str, fields: &Fields<'_>) -> Span {
    Span(match name {
        "runtime.spawn" => spawned(target, fields),
        "runtime.resource" => resource(fields),
        "runtime.resource.async_op" => {
            if let (Some(wait), Some(source)) = (WITHIN.get(), fields.source)
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
    // A runtime starts its own workers so, also one in the place of a worker that is about to block.
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
        _ if fields.is_internal == Some(true) => Of::Wait(TaskWait::Room),
        Some("Sleep" | "Interval") => Of::Wait(TaskWait::Timer(place())),
        Some("Sender|Receiver") => Of::Wait(TaskWait::Oneshot(place())),
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

/// Something happened: within the resource that was entered, or to a task.
#[inline]
pub fn event(target: &str, fields: &Fields<'_>) {
    match target {
        "tokio::task::waker" => {
            let task = Task::numbered(fields.task.unwrap_or(0));
            match fields.op {
                Some("waker.wake" | "waker.wake_by_ref") => tasks::wake_task(task),
                Some("waker.clone") if WITHIN.get().is_none() => tasks::waits_elsewhere(task),
                _ => {}
            }
        }
        "runtime::resource::poll_op" => match (WITHIN.get(), fields.is_ready) {
            (Some(wait), Some(true)) => {
                GOT.set(Some(wait));
                tasks::task_waits_no_longer(wait);
            }
            (Some(wait), Some(false)) => tasks::task_waits(wait),
            _ => {}
        },
        "runtime::resource::state_update" => {
            if let Some(wait) = WITHIN.get() {
                match (fields.locked, fields.readers) {
                    (Some(true), _) => Resource::acquired(wait, hold(wait)),
                    (Some(false), _) => Resource::released(wait),
                    (None, Some("add")) => Resource::acquired(wait, Hold::Shared),
                    _ => {}
                }
            }
        }
        _ => {}
    }
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
    /// The resource in which the thread is.
    static WITHIN: Cell<Option<TaskWait>> = const { Cell::new(None) };
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
            _within: Within::new(self),
            _span: PhantomData,
        }
    }

    /// The same, of a span that is given away.
    pub fn entered(self) -> EnteredSpan {
        EnteredSpan {
            _within: Within::new(&self),
            _span: self,
        }
    }

    /// Enters it for the time of a call.
    pub fn in_scope<R>(&self, call: impl FnOnce() -> R) -> R {
        let _entered = self.enter();
        call()
    }
}

/// Where the thread was before. What is entered within a resource is a part of it: a mutex has a
/// semaphore.
#[derive(Debug)]
struct Within(Option<Option<TaskWait>>);

impl Within {
    fn new(span: &Span) -> Within {
        let wait = match &span.0 {
            Of::Nothing | Of::Task(_) => return Within(None),
            Of::Wait(wait) => *wait,
            Of::Resource(resource) => resource.wait(),
        };
        match WITHIN.get() {
            Some(_) => Within(None),
            before => {
                WITHIN.set(Some(wait));
                Within(Some(before))
            }
        }
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            WITHIN.set(before);
        }
    }
}

/// A span that was entered, by [`Span::enter`].
#[derive(Debug)]
pub struct Entered<'a> {
    _within: Within,
    _span: PhantomData<&'a Span>,
}

/// A span that was entered, by [`Span::entered`].
#[derive(Debug)]
pub struct EnteredSpan {
    _within: Within,
    _span: Span,
}
