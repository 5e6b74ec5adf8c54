//! Where the steps of an explored program stand in its source, and what objects are called there.

use super::told::{ToldAccess, ToldObject, ToldPlace, ToldRun, ToldStep};
use crate::programs::compiled::Program;
use crate::source::arrays;
use crate::source::names::{self, Naming};
use crate::source::places::Sources;
use crate::source::source_map::SourceMap;
use record::LocationSlot;
use report::explore::COUNT_OF;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toolchain::lines::{SourceLine, is_of_the_library, lines};
use toolchain::standard::OWN_SOURCES;

/// Methods of atomic types. Other atomic operations are counts of an `Arc`.
const ATOMIC: [&str; 7] = [
    "load", "store", "swap", "fetch_", "compare_", "get_and_", "update",
];

/// Functions of `Arc` and `Weak` that depend on a count.
const COUNTED: [&str; 8] = [
    "upgrade",
    "strong_count",
    "weak_count",
    "try_unwrap",
    "into_inner",
    "get_mut",
    "make_mut",
    "unwrap_or_clone",
];

/// The lines and the names of one run.
pub struct Places<'a> {
    cell: u32,
    sources: &'a Sources,
    /// The way from the lines of the program that come after the cell's.
    map: SourceMap,
    names: BTreeMap<String, String>,
    /// The numbers of locks, which give them their hues.
    locks: BTreeMap<String, u32>,
    /// Objects that are counts of an `Arc`.
    counts: BTreeSet<String>,
    /// The line of each address in the program's code.
    lines: BTreeMap<u64, SourceLine>,
    /// How the path of the program's source ends.
    file: String,
}

impl<'a> Places<'a> {
    /// For a run of `program`, which is the cell `cell`.
    pub fn new(cell: u32, sources: &'a Sources, program: &Program, run: &ToldRun) -> Places<'a> {
        let mut places = Places {
            cell,
            sources,
            map: sources.map_of(&program.source),
            names: BTreeMap::new(),
            locks: BTreeMap::new(),
            counts: BTreeSet::new(),
            lines: BTreeMap::new(),
            file: source_file(&program.object),
        };
        let all = run.steps.iter().chain(&run.blocked).flatten();
        let accesses: Vec<ToldStep> = run.accesses().map(ToldAccess::as_step).collect();
        places.find_lines(&program.object, all.clone().chain(&accesses));
        places.name_where_made(&run.objects);
        let joined = run.joined.iter();
        let joined = joined.map(|it| (it.object.clone(), format!("T{}", it.thread)));
        places.names.extend(joined);
        let of_crates: BTreeSet<&str> = run
            .objects
            .iter()
            .filter(|made| places.is_crates(made))
            .map(|made| made.object.as_str())
            .collect();
        let used =
            all.filter(|step| step.is_on_an_object() && !of_crates.contains(step.object.as_str()));
        places.name_where_used(used.collect());
        places
    }

    /// Whether a crate made an object for itself: what the person calls where it is used is the
    /// crate's.
    fn is_crates(&self, made: &ToldObject) -> bool {
        let file = match &made.at {
            Some(ToldPlace::Source { file, .. }) => file,
            _ => return false,
        };
        let is_library = is_of_the_library(file) || file.starts_with(OWN_SOURCES);
        !is_library && !file.ends_with(&self.file)
    }

    /// Names the objects as ordinary reports do: as the source does where it makes them.
    fn name_where_made(&mut self, objects: &[ToldObject]) {
        let mut objects: Vec<&ToldObject> = objects.iter().collect();
        objects.sort_by_key(|made| made.order);
        // Those of crates get no number, as in ordinary reports.
        let is_persons = |made: &ToldObject| made.at.as_ref().and_then(|at| self.located(at));
        let locks = objects.iter().filter(|made| made.is_lock());
        let locks = locks.filter(|made| is_persons(made).is_some());
        let locks: Vec<String> = locks.map(|made| made.object.clone()).collect();
        self.locks = locks.into_iter().zip(1..).collect();
        let found: Vec<(usize, u32, Naming)> = objects
            .iter()
            .enumerate()
            .filter_map(|(at, made)| Some((at, made.kind, self.naming(made)?)))
            .collect();
        let names = names::assign(&found);
        let of = |(at, name): (usize, String)| (objects[at].object.clone(), name);
        self.names = names.into_iter().map(of).collect();
    }

    fn naming(&self, made: &ToldObject) -> Option<Naming> {
        let (cell, line, column) = self.located(made.at.as_ref()?)?;
        let naming = names::at(self.sources.cell(cell)?, line, column)?;
        Some(naming.ranked(LocationSlot(made.place), made.rank_at_place()))
    }

    /// Names the others, atomics above all, by what the thread calls them that made them: most
    /// often that is the first thread.
    fn name_where_used(&mut self, mut steps: Vec<&ToldStep>) {
        steps.sort_by_key(|step| step.thread);
        let mut taken: BTreeSet<String> = self.names.values().cloned().collect();
        for step in steps {
            if !self.names.contains_key(&step.object)
                && let Some(name) = self.name_at(step)
            {
                let numbered = |count: u32| format!("{name} ({count})");
                let mut names = [name.clone()].into_iter().chain((2..).map(numbered));
                let name = names
                    .find(|name| taken.insert(name.clone()))
                    .unwrap_or_default();
                self.names.insert(step.object.clone(), name);
            }
        }
    }

    /// The cell that is the program.
    pub fn cell(&self) -> u32 {
        self.cell
    }

    /// Whether it is a count of an `Arc` that nothing in the source depends on.
    pub fn is_count(&self, step: &ToldStep) -> bool {
        self.counts.contains(&step.object) && !self.names.contains_key(&step.object)
    }

    /// Whether a step has a line of the person's, or a name.
    pub fn tells(&self, step: &ToldStep) -> bool {
        self.names.contains_key(&step.object) || self.place(step).is_some()
    }

    fn find_lines<'s>(&mut self, object: &Path, steps: impl Iterator<Item = &'s ToldStep>) {
        let codes: BTreeSet<u64> = steps
            .filter_map(|step| match step.at {
                Some(ToldPlace::Code { code }) => Some(code),
                _ => None,
            })
            .collect();
        // The call itself stands before the address to which it returns.
        let calls: Vec<u64> = codes.iter().map(|code| code.saturating_sub(1)).collect();
        for (code, line) in codes.into_iter().zip(lines(object, &calls, &|_| false)) {
            if let Some(line) = line {
                self.lines.insert(code, line);
            }
        }
    }

    /// File, line and column of a step.
    pub fn source<'s>(&'s self, step: &'s ToldStep) -> Option<(&'s str, u32, u32)> {
        self.source_of(step.at.as_ref()?)
    }

    fn source_of<'s>(&'s self, at: &'s ToldPlace) -> Option<(&'s str, u32, u32)> {
        match at {
            ToldPlace::Code { code } => {
                let SourceLine { file, line, column } = self.lines.get(code)?;
                Some((file, *line, *column))
            }
            ToldPlace::Source { file, line, column } => Some((file, *line, *column)),
        }
    }

    /// What the person calls at a step that is a crate's and acts on nothing that has a name.
    pub fn call_of_crate(&self, step: &ToldStep) -> Option<String> {
        // How a crate waits is its own: nobody of the person's unparks it.
        let is_named = self.names.contains_key(&step.object) && !step.sleeps();
        if !step.of_crate || is_named {
            return None;
        }
        let (cell, line, column) = self.place(step)?;
        let text = self.sources.cell(cell)?.line(line)?;
        Some(match call_at(text, column) {
            Some(("", method)) => method.to_owned(),
            Some((receiver, method)) => format!("{receiver}.{method}"),
            None => String::new(),
        })
    }

    /// Cell, line and column of a step, if it is in a cell.
    pub fn place(&self, step: &ToldStep) -> Option<(u32, u32, u32)> {
        self.located(step.at.as_ref()?)
    }

    fn located(&self, at: &ToldPlace) -> Option<(u32, u32, u32)> {
        let (file, line, column) = self.source_of(at)?;
        if !file.ends_with(&self.file) {
            return None;
        }
        let is_own = self
            .sources
            .cell(self.cell)
            .is_some_and(|it| it.line(line).is_some());
        if is_own {
            return Some((self.cell, line, column));
        }
        self.map.locate(line, column)
    }

    /// What the source calls the object of a step, at its place.
    fn name_at(&mut self, step: &ToldStep) -> Option<String> {
        // What the person calls there is something else.
        if step.of_crate {
            return None;
        }
        let call = self.place(step).and_then(|(cell, line, column)| {
            let text = self.sources.cell(cell)?.line(line)?;
            call_at(text, column)
        });
        if let Some(variable) = &step.name {
            let call = call.filter(|_| step.order.is_some());
            let receiver = call.map_or("", |(receiver, _)| receiver);
            return Some(match self.index_of(step) {
                Some(index) => element_of(variable, index, receiver),
                None => part_of(variable, receiver),
            });
        }
        self.place(step)?;
        let (receiver, method) = call.unwrap_or_default();
        if step.order.is_some() && !ATOMIC.iter().any(|name| method.starts_with(name)) {
            self.counts.insert(step.object.clone());
            return self.counted_at(step);
        }
        (!receiver.is_empty()).then(|| receiver.to_owned())
    }

    /// What a count is called at the place of a step that depends on it.
    fn counted_at(&self, step: &ToldStep) -> Option<String> {
        let (cell, line, column) = self.place(step)?;
        let text = self.sources.cell(cell)?.line(line)?;
        let (receiver, method) = call_at(text, column).or_else(|| call_of_arc(text, column))?;
        let is_named = COUNTED.contains(&method) && !receiver.is_empty();
        is_named.then(|| format!("{COUNT_OF}{receiver}"))
    }

    /// Which element of a static array the object of a step is in.
    fn index_of(&self, step: &ToldStep) -> Option<usize> {
        let (variable, (within, size)) = (step.name.as_deref()?, step.part?);
        let cells = (0..=self.cell).rev();
        let sources = cells.filter_map(|cell| self.sources.cell(cell));
        arrays::index_of(sources, variable, within, size)
    }

    /// What an object is called.
    pub fn name(&self, step: &ToldStep) -> Option<String> {
        self.names.get(&step.object).cloned()
    }

    /// The number of a lock.
    pub fn lock(&self, step: &ToldStep) -> Option<u32> {
        self.locks.get(&step.object).copied()
    }
}

/// The receiver and the method of the call that stands in a line at a column, which is that of its
/// beginning or of the method's name. Also within a macro's arguments, which are no syntax.
fn call_at(line: &str, column: u32) -> Option<(&str, &str)> {
    let at = line.char_indices().nth(column.checked_sub(1)? as usize)?.0;
    let (receiver, method) = match line[..at].strip_suffix('.') {
        // At the method's name.
        Some(before) => (&before[receiver_start(before)..], &line[at..]),
        None => {
            let call = &line[at..];
            let (end, method) = last_method(call)?;
            (&call[..end], method)
        }
    };
    let name = &method[..method.find(|c| !in_name(c))?];
    method[name.len()..]
        .starts_with('(')
        .then(|| (receiver.trim_start_matches(['*', '&']), name))
}

/// The argument and the function of a call like `Arc::try_unwrap(results)` that begins in a line at
/// a column.
fn call_of_arc(line: &str, column: u32) -> Option<(&str, &str)> {
    let at = line.char_indices().nth(column.checked_sub(1)? as usize)?.0;
    let call = ["Arc::", "Weak::"]
        .iter()
        .find_map(|of| line[at..].strip_prefix(of))?;
    let (function, arguments) = call.split_once('(')?;
    let arguments = arguments
        .trim_start_matches("&mut ")
        .trim_start_matches('&');
    let argument = &arguments[..arguments.find(|c| !in_name(c) && c != '.')?];
    function
        .chars()
        .all(in_name)
        .then_some((argument, function))
}

/// What part of a static variable a receiver is, where it says so: `CONFIG.ready` of `self.ready`.
fn part_of(variable: &str, receiver: &str) -> String {
    let is_path = receiver.chars().all(|c| in_name(c) || c == '.');
    match receiver.rsplit_once('.').filter(|_| is_path) {
        Some((whole, _)) if whole.split('.').next() == Some(variable) => receiver.to_owned(),
        Some((_, field)) => format!("{variable}.{field}"),
        None => variable.to_owned(),
    }
}

/// What part of an element of a static array a receiver is: `SLOTS[1].ready` of `SLOTS[i].ready`.
fn element_of(variable: &str, index: usize, receiver: &str) -> String {
    let behind = match receiver.rsplit_once([']', ')']) {
        Some((_, behind)) => behind,
        None => receiver.find('.').map_or("", |dot| &receiver[dot..]),
    };
    let is_field = behind.chars().all(|c| in_name(c) || c == '.');
    let field = if is_field { behind } else { "" };
    format!("{variable}[{index}]{field}")
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the receiver begins that ends a text. Anything may stand between its brackets.
fn receiver_start(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        match c {
            ']' | ')' => depth += 1,
            '[' | '(' if depth == 0 => break,
            '[' | '(' => depth -= 1,
            _ if depth > 0 || in_name(c) || ".:*&".contains(c) => {}
            _ => break,
        }
        if depth == 0 {
            start = at;
        }
    }
    start
}

/// Of a call that begins a text, where the receiver ends, and what begins with the method: after
/// the last dot before the arguments.
fn last_method(call: &str) -> Option<(usize, &str)> {
    let mut depth = 0_u32;
    let mut dot = None;
    for (at, c) in call.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            '.' => dot = Some(at),
            _ if in_name(c) || ":*&".contains(c) => {}
            _ => break,
        }
    }
    dot.map(|dot| (dot, &call[dot + 1..]))
}

/// How the path of the source ends whose program is `object`.
fn source_file(object: &Path) -> String {
    let name = object.file_stem().unwrap_or_default().to_string_lossy();
    format!("/{}.rs", name.strip_prefix("lib").unwrap_or(&name))
}

/// A path from the folder of its crate on: `flume-0.11.1/src/lib.rs`.
pub fn short_path(path: &str) -> &str {
    let Some((before, _)) = path.rsplit_once("/src/") else {
        return path;
    };
    let start = before.rfind('/').map_or(0, |at| at + 1);
    &path[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_found_by_its_beginning_or_its_method() {
        let line = "    assert_eq!(state.n.load(SeqCst), 2);";
        assert_eq!(call_at(line, 16), Some(("state.n", "load")));
        assert_eq!(call_at(line, 24), Some(("state.n", "load")));
        assert_eq!(
            call_at("let y = right.lock();", 15),
            Some(("right", "lock"))
        );
        let line = "match self.next[index as usize].load(Relaxed) {";
        assert_eq!(
            call_at(line, 7),
            Some(("self.next[index as usize]", "load"))
        );
        assert_eq!(
            call_at(line, 33),
            Some(("self.next[index as usize]", "load"))
        );
        let line = "if unsafe { (*tail).next.load(Acquire) } == at(wants[1 - me].load(Acquire))";
        assert_eq!(call_at(line, 26), Some(("(*tail).next", "load")));
        assert_eq!(call_at(line, 62), Some(("wants[1 - me]", "load")));
        assert_eq!(call_at("    .load(Acquire)", 6), Some(("", "load")));
        assert_eq!(call_at("}", 1), None);
        assert_eq!(call_at("drop(a)", 90), None);
    }

    #[test]
    fn what_an_arc_is_asked_is_found() {
        let line = "if let Some(all) = Arc::into_inner(self.results) {";
        assert_eq!(call_of_arc(line, 20), Some(("self.results", "into_inner")));
        let line = "Arc::get_mut(&mut config).unwrap();";
        assert_eq!(call_of_arc(line, 1), Some(("config", "get_mut")));
        assert_eq!(call_of_arc("let b = Rc::clone(&a);", 9), None);
    }

    #[test]
    fn a_field_of_a_static_variable_is_named() {
        assert_eq!(part_of("HEAD", "HEAD"), "HEAD");
        assert_eq!(part_of("CONFIG", "self.ready"), "CONFIG.ready");
        assert_eq!(part_of("S", "S.inner.version"), "S.inner.version");
        assert_eq!(part_of("NEXT", "NEXT[head]"), "NEXT");
        assert_eq!(part_of("NEXT", "list.next[at.0]"), "NEXT");
        assert_eq!(part_of("FLAG", ""), "FLAG");
    }

    #[test]
    fn an_element_of_a_static_array_is_named() {
        assert_eq!(element_of("NEXT", 2, "NEXT[head]"), "NEXT[2]");
        assert_eq!(element_of("NEXT", 0, "next"), "NEXT[0]");
        assert_eq!(element_of("NEXT", 0, ""), "NEXT[0]");
        assert_eq!(
            element_of("SLOTS", 1, "SLOTS[i + 1].ready"),
            "SLOTS[1].ready"
        );
        assert_eq!(element_of("SLOTS", 1, "self.ready"), "SLOTS[1].ready");
        assert_eq!(element_of("SLOTS", 1, "slots.get(1)?.ready"), "SLOTS[1]");
    }

    #[test]
    fn a_path_in_a_crate_begins_with_the_crate() {
        let path = "/home/me/.cargo/registry/src/index.crates.io-1949/flume-0.11.1/src/async.rs";
        assert_eq!(short_path(path), "flume-0.11.1/src/async.rs");
        assert_eq!(short_path("build/x.rs"), "build/x.rs");
        assert_eq!(
            source_file(Path::new("/w/product/libprogram_1.so")),
            "/program_1.rs"
        );
    }
}
