//! The fields of spans and events: the few that are of use, by name.

use std::fmt::Display;

/// What a span or an event says.
#[derive(Clone, Copy, Default)]
pub struct Fields<'a> {
    /// What a task is spawned as: `task`, `block_on`, `local`, `blocking`.
    pub kind: Option<&'a dyn Display>,
    /// A task's name.
    pub name: Option<&'a dyn Display>,
    /// A function that runs on a thread of its own, by its type's name.
    pub function: Option<&'a dyn Display>,
    /// What a resource is, by its type's name.
    pub concrete_type: Option<&'a str>,
    /// A place in the source.
    pub file: Option<&'a str>,
    /// A place in the source.
    pub line: Option<u64>,
    /// A place in the source.
    pub column: Option<u64>,
    /// Whether a resource is a part of another one.
    pub is_internal: Option<bool>,
    /// The call that waits for a resource.
    pub source: Option<&'a str>,
    /// What is done to a waker.
    pub op: Option<&'a str>,
    /// The task, as [`Id`](crate::Id) numbers it.
    pub task: Option<u64>,
    /// Whether what was polled is ready.
    pub is_ready: Option<bool>,
    /// Whether a lock is held by one alone.
    pub locked: Option<bool>,
    /// Whether a message was sent.
    pub value_sent: Option<bool>,
    /// Whether a message was received.
    pub value_received: Option<bool>,
    /// How many a barrier waits for.
    pub size: Option<u64>,
    /// What is done to the number of those who have come to a barrier.
    pub arrived: Option<&'a str>,
    /// Whether somebody has opened a barrier.
    pub is_leader: Option<bool>,
    /// A number of permits.
    pub permits: Option<u64>,
    /// What is done with them.
    pub permits_op: Option<&'a str>,
    /// What is done to the number of those who hold a lock together.
    pub readers: Option<&'a str>,
}

/// A value that is kept as what it is.
pub trait Field<'a> {
    /// As a text.
    #[inline(always)]
    fn text(&'a self) -> Option<&'a str> {
        None
    }
    /// As a number.
    #[inline(always)]
    fn number(&self) -> Option<u64> {
        None
    }
    /// As yes or no.
    #[inline(always)]
    fn truth(&self) -> Option<bool> {
        None
    }
    /// As whatever it shows.
    #[inline(always)]
    fn shown(&'a self) -> Option<&'a dyn Display> {
        None
    }
}

impl<'a> Field<'a> for &'a str {
    #[inline(always)]
    fn text(&'a self) -> Option<&'a str> {
        Some(self)
    }
}

impl<'a> Field<'a> for &'a &'a str {
    #[inline(always)]
    fn text(&'a self) -> Option<&'a str> {
        Some(self)
    }
}

impl Field<'_> for bool {
    #[inline(always)]
    fn truth(&self) -> Option<bool> {
        Some(*self)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => { $(
        impl Field<'_> for $number {
            #[inline(always)]
            fn number(&self) -> Option<u64> {
                u64::try_from(*self).ok()
            }
        }
    )* };
}

numbers!(i32 i64 isize u8 u16 u32 u64 usize);

impl<'a, F: Field<'a>> Field<'a> for Option<F> {}

/// A value of which only what it shows is of use.
pub struct Shown<'a, D: ?Sized>(pub &'a D);

impl<'a, D: Display> Field<'a> for Shown<'a, D> {
    #[inline(always)]
    fn shown(&'a self) -> Option<&'a dyn Display> {
        Some(self.0)
    }
}

impl<'a> Fields<'a> {
    /// With this field, if it is one of those that are of use. Each part of its name ends in a dot.
    #[inline(always)]
    pub fn with<F: Field<'a>>(mut self, name: &str, value: &'a F) -> Fields<'a> {
        match name {
            "kind." => self.kind = value.shown(),
            "task.name." => self.name = value.shown(),
            "fn." => self.function = value.shown(),
            "concrete_type." => self.concrete_type = value.text(),
            "loc.file." => self.file = value.text(),
            "loc.line." => self.line = value.number(),
            "loc.col." => self.column = value.number(),
            "is_internal." => self.is_internal = value.truth(),
            "source." => self.source = value.text(),
            "op." => self.op = value.text(),
            "task.id." => self.task = value.number(),
            "is_ready." => self.is_ready = value.truth(),
            "locked." | "write_locked." => self.locked = value.truth(),
            "value_sent." => self.value_sent = value.truth(),
            "value_received." => self.value_received = value.truth(),
            "size." => self.size = value.number(),
            "arrived.op." => self.arrived = value.text(),
            "is_leader." => self.is_leader = value.truth(),
            "permits." => self.permits = value.number(),
            "permits.op." => self.permits_op = value.text(),
            "current_readers.op." => self.readers = value.text(),
            _ => {}
        }
        self
    }
}
