//! Threads, objects and places, made when they are first named.

use record::snapshot::*;
use report::{CellPlace, Place};

use super::Recording;

impl Recording {
    pub(super) fn thread(&mut self, name: &str) -> ThreadSlot {
        if !self.threads.contains_key("T1") {
            self.add_thread("T1");
            self.thread_mut(ThreadSlot(1)).is_main = true;
        }
        match self.threads.get(name) {
            Some(index) => *index,
            None => self.add_thread(name),
        }
    }

    pub(super) fn add_thread(&mut self, name: &str) -> ThreadSlot {
        let ordinal = name[1..]
            .parse()
            .unwrap_or_else(|_| panic!("`{name}` is no thread"));
        let index = self.snapshot.threads.len() as u32 + 1;
        self.threads.insert(name.to_owned(), ThreadSlot(index));
        self.snapshot.threads.push(Thread {
            index: ThreadSlot(index),
            ordinal,
            cell: self.snapshot.cell,
            os_tid: 4000 + ordinal,
            ..Thread::default()
        });
        ThreadSlot(index)
    }

    pub(super) fn thread_mut(&mut self, index: ThreadSlot) -> &mut Thread {
        &mut self.snapshot.threads[index.index() - 1]
    }

    pub(super) fn object(&mut self, name: &str, kind: ObjectKind) -> ObjectSlot {
        if let Some(index) = self.objects.get(name) {
            return *index;
        }
        let index = self.snapshot.objects.len() as u32 + 1;
        self.objects.insert(name.to_owned(), ObjectSlot(index));
        self.context
            .names
            .insert(ObjectSlot(index), name.to_lowercase());
        self.snapshot.objects.push(Object {
            index: ObjectSlot(index),
            kind,
            cell: self.snapshot.cell,
            created_at: LocationSlot::NONE,
            order: u64::from(index),
            address: 0,
            type_name: String::new(),
            dropped: false,
            poisoned: false,
            held_by: Vec::new(),
            library: Library::Std,
            held_since_ns: None,
            held_by_task: TaskSlot::NONE,
            counters: Counters {
                receiver_alive: true,
                ..Counters::default()
            },
        });
        ObjectSlot(index)
    }

    /// `7`, `[2]7`, `rayon-core_1.13.0!7`
    pub(super) fn location(&mut self, place: &str) -> LocationSlot {
        let cell = self.snapshot.cell;
        let place = if let Some((of, line)) = place
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            Place::Cell {
                cell: of.parse().unwrap(),
                line: line.parse().unwrap(),
                column: 5,
            }
        } else if let Some((krate, lines)) = place.split_once('!') {
            // `rayon-core_1.13.0!90<5`: called at line 5 of the cell.
            let (line, called) = lines.split_once('<').unwrap_or((lines, ""));
            let called_at = called.parse().ok().map(|line| CellPlace {
                cell,
                line,
                column: 5,
            });
            Place::Dependency {
                called_at,
                krate: krate.replace('_', " "),
                file: "src/lib.rs".to_owned(),
                line: line.parse().unwrap(),
                column: 9,
            }
        } else {
            Place::Cell {
                cell,
                line: place.parse().expect("a line"),
                column: 5,
            }
        };
        let known = self
            .context
            .places
            .iter()
            .find(|(_, known)| **known == place);
        if let Some((index, _)) = known {
            return *index;
        }
        let index = self.snapshot.locations.len() as u32 + 1;
        self.snapshot.locations.push(Location {
            index: LocationSlot(index),
            ..Location::default()
        });
        self.context.places.insert(LocationSlot(index), place);
        LocationSlot(index)
    }
}
