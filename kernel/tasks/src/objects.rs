//! What those lines call that are put into tokio's own code
//! (`toolchain/src/stand_in/copies/tokio.rs`): of what tokio tells nothing by itself.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::probe::tasks::{self, Notified, Resource, Task, TaskWait, WaitsBefore};
use std::task::Poll;

use crate::making::room;
use crate::span::Id;
use crate::within::{Asking, Within};

/// What tells tasks something without a message, as it is recorded.
#[derive(Debug)]
pub struct Notify(Notified);

impl Notify {
    /// One that was made by the caller's call.
    #[track_caller]
    pub const fn of_caller() -> Notify {
        Notify(Notified::new(Location::caller()))
    }

    /// Whoever asks to be notified.
    pub fn within(&self, home: &str) -> Asking {
        Asking::new(self.0.wait(home))
    }

    /// Whoever asks is put into the list of who waits.
    pub fn begins_to_wait(&self, home: &str) {
        self.0.begins_to_wait(home);
    }

    /// Somebody notifies; `heard` says whether a task waits.
    pub fn notifies(&self, heard: bool, home: &str) {
        self.0.notifies(heard, home);
    }
}

impl Drop for Notify {
    fn drop(&mut self) {
        self.0.is_dropped();
    }
}

/// What permits are for: room in a channel, say. They are a part of what the thread is within.
#[derive(Debug)]
pub struct Permits(Option<TaskWait>);

impl Permits {
    /// Those of something that is made at compile time, of which nothing is known.
    pub const NONE: Permits = Permits(None);

    /// Those of what is being made.
    pub fn made() -> Permits {
        Permits(Some(room()))
    }

    /// Some are given back. Who has what lay under them isn't known where nothing is.
    pub fn given_back(&self) {
        if self.0.is_none() {
            tasks::task_gives();
        }
    }

    /// Whoever asks for some.
    pub fn asks(&self) -> AskingPermits {
        AskingPermits(self.0.map(Asking::new))
    }
}

/// So many permits there are of what is being made.
pub fn permits(number: usize) {
    if let Some(semaphore) = Within::current() {
        Resource::is_for(semaphore, number as u64);
    }
}

/// Somebody asks for permits.
#[derive(Debug)]
pub struct AskingPermits(Option<Asking>);

impl AskingPermits {
    /// What came of it.
    pub fn polled<T>(&self, result: Poll<T>) -> Poll<T> {
        match (&self.0, &result) {
            (Some(asking), Poll::Pending) => asking.waits(),
            (Some(asking), Poll::Ready(_)) => asking.is_there(),
            (None, _) => {}
        }
        result
    }
}

/// Whoever asks for a socket, a pipe, or a signal, and does not have it yet.
pub fn waits_for_io() -> Asking {
    let asking = Asking::new(TaskWait::Io);
    asking.waits();
    asking
}

/// Whoever asks for the end of one of the tasks of a set.
pub fn joins_one() -> Asking {
    Asking::new(TaskWait::Tasks)
}

/// Whoever only gives its worker to others for a moment, or polls tasks of its own.
pub fn gives_way() -> Asking {
    Asking::new(TaskWait::Inner)
}

/// Somebody asks for the end of a task.
#[derive(Debug)]
pub struct Joining {
    task: Task,
    asking: Asking,
}

/// Whoever asks for the end of a task.
pub fn joins(id: Option<&Id>) -> Joining {
    let task = id.map_or(Task::NONE, Id::task);
    let wait = match task.is_recorded() {
        true => task.wait_for_end(),
        false => TaskWait::Inner,
    };
    Joining {
        task,
        asking: Asking::new(wait),
    }
}

impl Joining {
    /// What came of it.
    pub fn is_ready(&self, is_ready: bool) {
        match is_ready {
            true => tasks::task_is_joined(self.task),
            false => self.asking.waits(),
        }
    }
}

/// A task's handle is dropped.
pub fn handle_is_dropped(id: Option<&Id>) {
    if let Some(id) = id {
        tasks::task_is_detached(id.task());
    }
}

/// A semaphore has given permits.
pub fn gives_permits() {
    if let Some(semaphore) = Within::current() {
        Resource::gave_permits(semaphore);
    }
}

/// A lock or a semaphore was tried, and is not to be had at once.
pub fn was_refused() {
    if let Some(it) = Within::current() {
        Resource::was_refused(it);
    }
}

/// The program asks for the end of a task.
pub fn cancels(id: Option<&Id>) {
    if let Some(id) = id
        && !SET_IS_DROPPED.get()
    {
        tasks::task_is_cancelled(id.task());
    }
}

std::thread_local! {
    /// Whether this thread drops a set of tasks, which nobody has asked to end.
    static SET_IS_DROPPED: Cell<bool> = const { Cell::new(false) };
}

/// A set of tasks is dropped, until this is.
#[derive(Debug)]
pub struct SetDropped(bool);

/// A set of tasks is dropped.
pub fn set_is_dropped() -> SetDropped {
    SetDropped(SET_IS_DROPPED.replace(true))
}

impl Drop for SetDropped {
    fn drop(&mut self) {
        SET_IS_DROPPED.set(self.0);
    }
}

/// Somebody asks for something for so long only.
#[derive(Debug)]
pub struct Limited(WaitsBefore);

/// Whoever asks for something for so long only.
pub fn limited() -> Limited {
    Limited(tasks::waits_before())
}

impl Limited {
    /// What came of the time: when it is over, nobody waits any more.
    pub fn polled<T>(&self, time: Poll<T>) -> Poll<T> {
        if time.is_ready() {
            tasks::waits_as(self.0);
        }
        time
    }
}

/// The calling thread belongs to a runtime.
pub fn thread_is_pooled() {
    tasks::thread_is_pooled();
}

/// The calling thread sleeps for a runtime, until this is dropped.
#[derive(Debug)]
pub struct Sleeping(bool);

/// The calling thread sleeps for a runtime, in which timers run or don't.
pub fn sleeps(has_timers: bool) -> Sleeping {
    if has_timers {
        tasks::sleeps_for_timers(true);
    }
    Sleeping(has_timers)
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        if self.0 {
            tasks::sleeps_for_timers(false);
        }
    }
}

/// The waker of a `block_on` is given away.
pub fn waker_cloned(waker: *const ()) {
    tasks::waker_cloned(waker.addr(), Within::current().is_some());
}

/// The waker of a `block_on` is used.
pub fn waker_woken(waker: *const ()) {
    tasks::waker_woken(waker.addr());
}

/// Does something if the thread unwinds before this is dropped.
#[derive(Debug)]
pub struct OnUnwinding<F: Fn()>(F);

/// What is to be done if the thread unwinds.
pub fn on_unwinding<F: Fn()>(what: F) -> OnUnwinding<F> {
    OnUnwinding(what)
}

impl<F: Fn()> Drop for OnUnwinding<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.0)();
        }
    }
}

/// What is taken out of its place for a time, and put back there if the thread unwinds.
#[derive(Debug)]
pub struct TakenOut<T, B: FnOnce(T)>(Option<(T, B)>);

/// Something that was taken out, and how it is put back.
pub fn taken_out<T, B: FnOnce(T)>(it: T, back: B) -> TakenOut<T, B> {
    TakenOut(Some((it, back)))
}

/// Nobody has it any more after [`TakenOut::kept`], which takes it by value.
const IS_THERE: &str = "what was taken out is there";

impl<T, B: FnOnce(T)> TakenOut<T, B> {
    /// It is not put back.
    pub fn kept(mut self) -> T {
        self.0.take().expect(IS_THERE).0
    }
}

impl<T, B: FnOnce(T)> Deref for TakenOut<T, B> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.as_ref().expect(IS_THERE).0
    }
}

impl<T, B: FnOnce(T)> DerefMut for TakenOut<T, B> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0.as_mut().expect(IS_THERE).0
    }
}

impl<T, B: FnOnce(T)> Drop for TakenOut<T, B> {
    fn drop(&mut self) {
        if let Some((it, back)) = self.0.take() {
            back(it);
        }
    }
}
