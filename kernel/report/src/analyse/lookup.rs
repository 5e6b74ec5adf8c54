//! The snapshot made easy to ask: who is who, and where things happened.
//!
//! Lists are by *position* in `snapshot.threads` or `snapshot.objects`.

use std::collections::{BTreeSet, HashSet};

use record::snapshot::{
    Event, LocationSlot, Object, ObjectSlot, Snapshot, Task, TaskSlot, TaskState, Thread,
    ThreadSlot,
};

use super::deadlocked;
use super::positions::Positions;
use crate::input::{Context, Input, Outcome, Place};
use crate::model::At;
use crate::words::names;

/// What is known of threads, objects and places before the events are read.
pub(crate) struct Lookup<'a> {
    /// The recording.
    pub(crate) snapshot: &'a Snapshot,
    /// What the kernel knows.
    pub(crate) context: &'a Context,
    /// Whether the cell still runs.
    pub(crate) live: bool,
    threads: Positions,
    objects: Positions,
    tasks: Positions,
    /// By thread position: its id in the report, 0 when it isn't in it.
    pub(crate) thread_ids: Vec<u32>,
    /// By task position: its id in the report, 0 when it isn't in it.
    pub(crate) task_ids: Vec<u32>,
    /// By thread position: whether code of a dependency spawned it.
    pub(crate) foreign_code: Vec<bool>,
    /// Threads that can never go on.
    pub(crate) for_ever: BTreeSet<ThreadSlot>,
    /// Names that tell no thread from another: several have them.
    shared_names: HashSet<&'a str>,
}

impl<'a> Lookup<'a> {
    /// Numbers the threads.
    pub(crate) fn new(input: &Input<'a>) -> Lookup<'a> {
        let Input { snapshot, context } = *input;
        let mut lookup = Lookup {
            snapshot,
            context,
            live: !snapshot.ended && context.outcome == Outcome::Ok,
            threads: Positions::new(snapshot.threads.iter().map(|thread| thread.index.0)),
            objects: Positions::new(snapshot.objects.iter().map(|object| object.index.0)),
            tasks: Positions::new(snapshot.tasks.iter().map(|task| task.index.0)),
            thread_ids: number_threads(snapshot),
            task_ids: number_tasks(snapshot),
            foreign_code: Vec::new(),
            for_ever: deadlocked::for_ever(snapshot),
            shared_names: shared_names(snapshot),
        };
        lookup.foreign_code = snapshot
            .threads
            .iter()
            .map(|thread| matches!(lookup.at(thread.spawned_at), Some(At::Dependency { .. })))
            .collect();
        lookup
    }

    /// The events at these positions.
    pub(crate) fn events_at(&self, positions: &[u32]) -> impl Iterator<Item = &'a Event> {
        let events = &self.snapshot.events;
        positions.iter().map(|&position| &events[position as usize])
    }

    /// Where the thread stands in `snapshot.threads`.
    pub(crate) fn thread_position(&self, index: ThreadSlot) -> Option<usize> {
        self.threads.get(index.0)
    }

    /// Where the task stands in `snapshot.tasks`.
    pub(crate) fn task_position(&self, index: TaskSlot) -> Option<usize> {
        self.tasks.get(index.0)
    }

    /// Where the object stands in `snapshot.objects`.
    pub(crate) fn object_position(&self, index: ObjectSlot) -> Option<usize> {
        self.objects.get(index.0)
    }

    /// The crate that a location lies in, when it is a dependency's.
    pub(crate) fn dependency(&self, location: LocationSlot) -> Option<&'a str> {
        match self.context.places.get(&location)? {
            Place::Dependency { krate, .. } if location != LocationSlot::NONE && !is_std(krate) => {
                Some(krate)
            }
            _ => None,
        }
    }

    /// Whether a place belongs to what stands around the cells of a session: evcxr's lock, or a
    /// thread of the runtime that is started there, to which no line of a cell has led.
    pub(crate) fn is_around_cells(&self, location: LocationSlot) -> bool {
        let is_runtime = match self.context.places.get(&location) {
            Some(Place::Dependency {
                krate,
                called_at: None,
                ..
            }) => krate.split(' ').next() == Some("tokio"),
            _ => false,
        };
        is_runtime || self.context.around_cells.contains(&location)
    }

    /// Whether a location lies in the standard library: `Arc::default()` makes a mutex there. It
    /// tells neither whose the object is nor anything to a reader.
    pub(crate) fn is_in_std(&self, location: LocationSlot) -> bool {
        match self.context.places.get(&location) {
            Some(Place::Dependency { krate, .. }) => is_std(krate),
            _ => false,
        }
    }

    /// The thread with this index.
    pub(crate) fn thread(&self, index: ThreadSlot) -> Option<&'a Thread> {
        self.thread_position(index)
            .map(|position| &self.snapshot.threads[position])
    }

    /// The object with this index.
    pub(crate) fn object(&self, index: ObjectSlot) -> Option<&'a Object> {
        self.object_position(index)
            .map(|position| &self.snapshot.objects[position])
    }

    /// A thread's id in the report.
    pub(crate) fn thread_id(&self, index: ThreadSlot) -> Option<u32> {
        self.thread_position(index)
            .map(|position| self.thread_ids[position])
            .filter(|&id| id != 0)
    }

    /// A thread's short label: `T2`, or `T3 of [5]`.
    pub(crate) fn label(&self, index: ThreadSlot) -> String {
        match self.thread(index) {
            None => "a thread that is not recorded".to_owned(),
            Some(thread) if thread.cell == self.snapshot.cell => {
                format!("T{}", self.thread_id(index).unwrap_or(thread.ordinal))
            }
            Some(thread) => format!("T{} of [{}]", thread.ordinal, thread.cell),
        }
    }

    /// A thread as prose calls it: its name, `main`, or its label.
    pub(crate) fn who(&self, index: ThreadSlot) -> String {
        let name = self.thread(index).and_then(|thread| thread.name.as_deref());
        match self.name(index) {
            Some(own) if !name.is_some_and(|name| self.shared_names.contains(name)) => own,
            _ => self.label(index),
        }
    }

    /// A thread with label and name: `T2 worker-1`.
    pub(crate) fn full_label(&self, index: ThreadSlot) -> String {
        let label = self.label(index);
        match self.name(index) {
            Some(name) => format!("{label} {name}"),
            None => label,
        }
    }

    /// A thread's name in prose, `main` for the main thread without one.
    fn name(&self, index: ThreadSlot) -> Option<String> {
        let thread = self.thread(index)?;
        let name = names::name(thread.name.as_deref().unwrap_or_default());
        match name {
            Some(name) => Some(names::in_prose(&name)),
            None => thread.is_main.then(|| "main".to_owned()),
        }
    }

    /// An object's name in the source.
    pub(crate) fn source_name(&self, index: ObjectSlot) -> Option<String> {
        self.context
            .names
            .get(&index)
            .and_then(|name| names::name(name))
    }

    /// A location as a place in cells or crates.
    pub(crate) fn at(&self, location: LocationSlot) -> Option<At> {
        if location == LocationSlot::NONE {
            return None;
        }
        Some(match self.context.places.get(&location)? {
            &Place::Cell { cell, line, column } => At::Cell { cell, line, column },
            Place::Dependency { krate, .. } if is_std(krate) => return None,
            Place::Dependency {
                krate,
                file,
                line,
                column,
                called_at,
            } => At::Dependency {
                krate: names::clean(krate, 80),
                file: names::clean(file, 160),
                line: *line,
                column: *column,
                called_at: *called_at,
            },
        })
    }

    /// A place in words: `line 7`, `[3] line 7`, `rayon-core 1.13.0 src/latch.rs:244`.
    pub(crate) fn at_words(&self, at: &At) -> String {
        at.words(self.context.cell)
    }

    /// ` at line 7`, or nothing for an unknown place.
    pub(crate) fn at_suffix(&self, location: LocationSlot) -> String {
        self.at(location)
            .map(|at| format!(" at {}", self.at_words(&at)))
            .unwrap_or_default()
    }

    /// The source line at a place.
    pub(crate) fn code(&self, at: &At) -> Option<String> {
        let At::Cell { cell, line, .. } = at else {
            return None;
        };
        let code = names::line(self.context.source_lines.get(&(*cell, *line))?);
        (!code.is_empty()).then_some(code)
    }

    /// Whether one of these methods is called at a place, as far as the cell's text tells.
    pub(crate) fn calls(&self, location: LocationSlot, methods: &[&str]) -> bool {
        let Some(At::Cell { cell, line, column }) = self.at(location) else {
            return false;
        };
        let text = self.context.source_lines.get(&(cell, line));
        let call = text.and_then(|text| {
            let (start, _) = text
                .char_indices()
                .nth((column as usize).saturating_sub(1))?;
            Some(&text[start..])
        });
        call.is_some_and(|call| methods.iter().any(|method| call.starts_with(method)))
    }

    /// The line of a place, when it lies in this cell; of a place in a crate, the line that led
    /// there.
    pub(crate) fn own_line(&self, location: LocationSlot) -> Option<u32> {
        let place = self.at(location)?.in_cell()?;
        (place.cell == self.context.cell).then_some(place.line)
    }
}

/// The names that more than one thread has: a pool's workers, say.
fn shared_names(snapshot: &Snapshot) -> HashSet<&str> {
    let mut seen = HashSet::new();
    let names = snapshot.threads.iter().filter_map(|it| it.name.as_deref());
    names.filter(|&name| !seen.insert(name)).collect()
}

/// The cell's own threads keep their ordinal; those of earlier cells that took part come after.
fn number_threads(snapshot: &Snapshot) -> Vec<u32> {
    let mut ids = vec![0; snapshot.threads.len()];
    let mut used = HashSet::new();
    let mut rest = BTreeSet::new();
    let involved: HashSet<ThreadSlot> = snapshot
        .verdicts
        .iter()
        .flat_map(|verdict| &verdict.edges)
        .flat_map(|edge| [edge.waiter, edge.holder])
        .chain(snapshot.panics.iter().map(|panic| panic.thread))
        .chain(snapshot.jobs.iter().map(|jobs| jobs.thread))
        .collect();
    for (position, thread) in snapshot.threads.iter().enumerate() {
        if thread.index == ThreadSlot::NONE {
            continue;
        }
        let own = thread.cell == snapshot.cell;
        if own && (1..1 << 30).contains(&thread.ordinal) && used.insert(thread.ordinal) {
            ids[position] = thread.ordinal;
        } else if own
            || thread.events_written > 0
            || thread.lines_printed > 0
            || involved.contains(&thread.index)
        {
            rest.insert((thread.cell, thread.ordinal, position));
        }
    }
    let first = used.iter().max().copied().unwrap_or(0) + 1;
    for (id, (_, _, position)) in (first..).zip(rest) {
        ids[position] = id;
    }
    ids
}

/// The cell's own tasks keep their ordinal; those of earlier cells that were polled come after. By
/// position in `snapshot.tasks`; 0 for one that isn't in the report.
fn number_tasks(snapshot: &Snapshot) -> Vec<u32> {
    let is_own = |task: &Task| task.cell == snapshot.cell;
    let own = snapshot.tasks.iter().filter(|task| is_own(task));
    let mut next = own.map(|task| task.ordinal).max().unwrap_or(0);
    let mut number = |task: &Task| {
        if is_own(task) {
            return task.ordinal;
        }
        if task.polls == 0 && task.state != TaskState::Running {
            return 0;
        }
        next += 1;
        next
    };
    snapshot.tasks.iter().map(&mut number).collect()
}

/// Whether a crate is a part of the standard library.
fn is_std(krate: &str) -> bool {
    matches!(krate, "alloc" | "core" | "std")
}
