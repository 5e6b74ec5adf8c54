//! The report as data: the public contract that goes out as `application/vnd.fearless.report+json`.
//!
//! The keys are those of the schema; the renderers draw nothing that is not in here. Times are
//! integer nanoseconds since the cell began. Unknown is `None` (`null`), never a made-up number.
//! Keys beyond the schema are additions: `label` of threads, `story`, `timeline`, `live`, and so on.

use serde::Serialize;

use crate::timeline::Timeline;

/// A cell's report. [`build`](crate::build) makes it.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Report {
    /// Version of the schema: 1.
    pub version: u32,
    /// The cell's execution count.
    pub cell: u32,
    /// How long the cell ran, or has run so far.
    pub wall_ns: u64,
    /// How it ended.
    pub outcome: OutcomeName,
    /// Of what it crashed: `SIGSEGV`, `exit code 3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash: Option<String>,
    /// Whether the cell was still running when this was made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
    /// The cell's story in one sentence.
    pub story: String,
    /// Threads, in order of `id`.
    pub threads: Vec<ThreadRow>,
    /// Mutexes and reader–writer locks, in order of creation.
    pub locks: Vec<LockRow>,
    /// Channels, in order of creation.
    pub channels: Vec<ChannelRow>,
    /// Condition variables, in order of creation.
    pub condvars: Vec<CondvarRow>,
    /// Barriers, in order of creation.
    pub barriers: Vec<BarrierRow>,
    /// `Once`, `OnceLock`, `LazyLock` for which a thread had to wait.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub initialisers: Vec<InitialiserRow>,
    /// What deserves attention, worst first.
    pub findings: Vec<Finding>,
    /// What was made inside dependencies, folded to a line a crate.
    pub dependencies: Vec<DependencyRow>,
    /// Threads of earlier cells that printed meanwhile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late_output: Vec<LateOutputRow>,
    /// The last lines printed before a crash.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub last_output: Vec<String>,
    /// What text drawing and SVG are made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// About the recording itself.
    pub recording: Recording,
    /// How many entries of the lists above were left out to keep the report small.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted: Option<u64>,
    /// The same, list by list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted_in: Option<Omitted>,
}

/// How a cell ended.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeName {
    /// Ran to the end, or still runs.
    Ok,
    /// The main thread panicked.
    Panicked,
    /// A deadlock was proved.
    Deadlocked,
    /// The user stopped it.
    Interrupted,
    /// The cell process died.
    Crashed,
}

/// A place in source code.
#[derive(Clone, Debug, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(untagged)]
pub enum At {
    /// In a cell.
    Cell {
        /// Execution count.
        cell: u32,
        /// 1-based.
        line: u32,
        /// 1-based.
        column: u32,
    },
    /// In a dependency.
    Dependency {
        /// Name and version.
        #[serde(rename = "crate")]
        krate: String,
        /// Path within the crate.
        file: String,
        /// 1-based.
        line: u32,
        /// 1-based.
        column: u32,
    },
}

/// A reference to an entry of one of the tables: `{"lock": 1}`.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Ref {
    /// An id in `locks`.
    Lock(u32),
    /// An id in `channels`.
    Channel(u32),
    /// An id in `condvars`.
    Condvar(u32),
    /// An id in `barriers`.
    Barrier(u32),
    /// An id in `initialisers`.
    Once(u32),
    /// An id in `threads`.
    Thread(u32),
    /// Waits for `unpark`; the value is 0.
    Park(u32),
    /// Waits for the clock; the value is 0.
    Sleep(u32),
    /// Waits for all threads of a scope; the value is 0.
    Scope(u32),
    /// Waits for the lock of stdout or stderr; the value is 0.
    Stdio(u32),
}

/// A sum and its largest part, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Sum {
    /// The sum.
    pub total: u64,
    /// The largest part.
    pub max: u64,
}

/// Time waited, by what for, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Blocked {
    /// Mutexes and reader–writer locks.
    pub lock: u64,
    /// `recv`, and `send` into a full channel.
    pub channel: u64,
    /// `join`, and the end of a scope.
    pub join: u64,
    /// `Condvar::wait`.
    pub condvar: u64,
    /// `Barrier::wait`.
    pub barrier: u64,
    /// Another thread's initialisation.
    pub once: u64,
    /// `thread::park`.
    pub park: u64,
    /// `thread::sleep`.
    pub sleep: u64,
}

/// A thread's state when the report was made.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum StateName {
    /// Its closure returned.
    Finished,
    /// Its closure panicked.
    Panicked,
    /// Running, or waiting where the recorder can't see (I/O, C code).
    Running,
    /// Waiting in an operation of std.
    Blocked,
}

/// One thread.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct ThreadRow {
    /// Its number in this report: the ordinal within the cell for the cell's own threads.
    pub id: u32,
    /// `T2`, or `T3 of [5]` for a thread of an earlier cell.
    pub label: String,
    /// The name it was given.
    pub name: Option<String>,
    /// The operating system's id.
    pub os_tid: Option<u32>,
    /// Whether it runs the cells.
    pub is_main: bool,
    /// Whether it was made by other means than std.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub foreign: bool,
    /// The cell it belongs to, when that is an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_cell: Option<u32>,
    /// Where it was spawned.
    pub spawned_at: Option<At>,
    /// Who spawned it.
    pub spawned_by: Option<u32>,
    /// When it was spawned.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: Option<u64>,
    /// CPU time.
    pub cpu_ns: Option<u64>,
    /// Time waited.
    pub blocked_ns: Blocked,
    /// What it is doing.
    pub state: StateName,
    /// What it waits for, when blocked.
    pub waiting_for: Option<Ref>,
    /// Where it waits, when blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_at: Option<At>,
    /// Since when it waits, when blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_since_ns: Option<u64>,
    /// Lines printed, to stdout and stderr.
    pub lines_printed: u64,
}

/// One mutex or reader–writer lock.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct LockRow {
    /// Its number in this table.
    pub id: u32,
    /// The letter that the timeline marks it with.
    pub letter: String,
    /// `Mutex` or `RwLock`.
    pub kind: &'static str,
    /// Its name in the source.
    pub name: Option<String>,
    /// The type it protects, shortened.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// Times acquired.
    pub acquisitions: u64,
    /// Of these, shared; only for `RwLock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<u64>,
    /// Of these, exclusive; only for `RwLock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<u64>,
    /// Times a thread had to wait.
    pub contended: u64,
    /// Failed `try_lock`, `try_read`, `try_write`.
    pub failed_tries: u64,
    /// Time waited.
    pub wait_ns: Sum,
    /// Time held.
    pub hold_ns: Sum,
    /// Whether it is poisoned.
    pub poisoned: bool,
    /// Threads that hold it now.
    pub held_by: Vec<u32>,
}

/// One channel.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct ChannelRow {
    /// Its number in this table.
    pub id: u32,
    /// `channel` or `sync_channel`.
    pub kind: &'static str,
    /// Room for so many messages; `None` without a bound.
    pub capacity: Option<u64>,
    /// `tx → rx`.
    pub name: Option<String>,
    /// The type it carries, shortened.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
    /// Messages in the queue now.
    pub queued: u64,
    /// The longest the queue has been.
    pub max_queued: u64,
    /// Messages that nobody will receive.
    pub lost: u64,
    /// Senders alive now.
    pub senders: u64,
    /// Whether the receiver is alive.
    pub receiver_alive: bool,
    /// Time senders waited for room.
    pub send_wait_ns: Sum,
    /// Time the receiver waited for messages.
    pub recv_wait_ns: Sum,
}

/// One condition variable.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct CondvarRow {
    /// Its number in this table.
    pub id: u32,
    /// Its name in the source.
    pub name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// Calls of `wait`.
    pub waits: u64,
    /// Calls of `notify_one` and `notify_all`.
    pub notifies: u64,
    /// Of these, with nobody waiting.
    pub notifies_unheard: u64,
    /// Time waited.
    pub wait_ns: Sum,
}

/// One barrier.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct BarrierRow {
    /// Its number in this table.
    pub id: u32,
    /// Its name in the source.
    pub name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// How many threads open it.
    pub size: Option<u64>,
    /// Times it opened.
    pub generations: u64,
    /// Calls of `wait`.
    pub waits: u64,
    /// Time waited.
    pub wait_ns: Sum,
}

/// One `Once`, `OnceLock` or `LazyLock`.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct InitialiserRow {
    /// Its number in this table.
    pub id: u32,
    /// `Once`, `OnceLock`, `LazyLock`.
    pub kind: &'static str,
    /// Its name in the source.
    pub name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// Times its initialiser ran.
    pub initialisations: u64,
    /// Time other threads waited for it.
    pub wait_ns: Sum,
}

/// How bad a finding is; orders worst first.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something went wrong.
    Error,
    /// Something is likely to go wrong, or costs much.
    Warning,
    /// Worth knowing.
    Note,
}

/// Something that deserves attention.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Finding {
    /// What sort: `deadlock`, `lock_order`, …
    pub kind: &'static str,
    /// How bad.
    pub severity: Severity,
    /// One sentence, with its numbers.
    pub title: String,
    /// Why, and what to change.
    pub detail: String,
    /// How many bytes of `detail` say in words what `edges` say; whoever shows these leaves them out.
    #[serde(skip)]
    pub(crate) told_by_edges: usize,
    /// Threads that take part.
    pub threads: Vec<u32>,
    /// Objects that take part.
    pub objects: Vec<Ref>,
    /// Where in the source.
    pub at: Vec<At>,
    /// Who waits for whom, for a deadlock or a risky lock order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// Whether the edges form a ring.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ring: bool,
}

impl Finding {
    /// What to say below the edges.
    pub(crate) fn besides_edges(&self) -> &str {
        &self.detail[self.told_by_edges..]
    }
}

/// One thread's part in a deadlock: it waits for something that another must give.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Edge {
    /// Who waits.
    pub thread: u32,
    /// How the thread is called: `T2 worker-1`.
    pub label: String,
    /// For what.
    pub waits_for: Ref,
    /// What it does, in words: ``waits for `b` ``, `joins T3`.
    pub wait: String,
    /// Where it waits.
    pub at: Option<At>,
    /// The source line there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Who would have to act.
    pub by: Option<u32>,
    /// How that thread is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_label: Option<String>,
    /// Where that thread took what is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<At>,
    /// The source line there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_code: Option<String>,
    /// The name of what is waited for: `b`, `tx → rx`.
    pub object: String,
}

/// What one crate's code made.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct DependencyRow {
    /// Name and version.
    #[serde(rename = "crate")]
    pub krate: String,
    /// Threads it spawned.
    pub threads: u64,
    /// Locks it made.
    pub locks: u64,
    /// Channels it made.
    pub channels: u64,
    /// Time waited for these.
    pub wait_ns: u64,
}

/// What a thread of an earlier cell printed meanwhile.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct LateOutputRow {
    /// The thread.
    pub thread: String,
    /// Its cell.
    pub cell: u32,
    /// How many lines.
    pub lines: u64,
}

/// About the recording itself.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Recording {
    /// Events of this cell, present or lost.
    pub events: u64,
    /// Of these, lost. Counters stay exact.
    pub gap_events: u64,
    /// The recorder's estimate of what it added, summed over threads.
    pub overhead_ns: u64,
    /// Whether only counters were recorded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub counts_only: bool,
    /// What did not fit in the recording's tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overflow: Option<OverflowRow>,
}

/// What did not fit in the recording's tables, counted together.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub struct OverflowRow {
    /// Threads.
    pub threads: u64,
    /// Objects.
    pub objects: u64,
    /// Acquisitions of locks among them.
    pub acquisitions: u64,
    /// Messages sent through channels among them.
    pub sent: u64,
    /// Messages received through channels among them.
    pub received: u64,
}

/// How many entries were left out, list by list.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Omitted {
    /// Of `threads`.
    pub threads: u64,
    /// Of `locks`.
    pub locks: u64,
    /// Of `channels`.
    pub channels: u64,
    /// Of the other tables.
    pub others: u64,
    /// Of `findings`.
    pub findings: u64,
}
