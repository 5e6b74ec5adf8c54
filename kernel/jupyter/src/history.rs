//! The input history: kept across restarts in one SQLite file for all kernels of the user.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

/// Inputs kept; older ones are forgotten when a kernel starts.
const MAX_INPUTS: u32 = 100_000;

/// How long another kernel may hold the file.
const PATIENCE: Duration = Duration::from_secs(1);

/// One input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which kernel's life.
    pub session: i64,
    /// The cell's number in it.
    pub line: u32,
    /// The cell.
    pub input: String,
}

/// What of the history is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// The last `n`, oldest first.
    Tail {
        /// At most so many.
        n: u32,
    },
    /// Cells `start..stop` of one session.
    Range {
        /// 0 is this one, negative ones count back from it.
        session: i64,
        /// First cell.
        start: u32,
        /// One past the last; `None` for all the rest.
        stop: Option<u32>,
    },
    /// The last `n` that match a glob, oldest first.
    Search {
        /// `*` and `?` stand for anything.
        pattern: String,
        /// Each text once.
        unique: bool,
        /// At most so many.
        n: u32,
    },
}

/// The history of this kernel and those before.
#[derive(Debug)]
pub struct History {
    path: Option<PathBuf>,
    open: Mutex<Option<Session>>,
}

#[derive(Debug)]
struct Session {
    db: Connection,
    id: i64,
}

impl History {
    /// The history in this file, which is opened when it is first needed; without a file, or when
    /// it can't be opened, it lives as long as the kernel.
    pub fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            open: Mutex::new(None),
        }
    }

    /// Where the user's history lies: `FEARLESS_HISTORY`, or the user's data folder.
    pub fn default_path() -> Option<PathBuf> {
        let chosen = std::env::var_os("FEARLESS_HISTORY").filter(|path| !path.is_empty());
        chosen
            .map(PathBuf::from)
            .or_else(|| Some(dirs::data_dir()?.join("fearless").join("history.sqlite")))
    }

    /// Opens the file ahead of the first cell.
    pub fn warm_up(&self) {
        drop(self.session());
    }

    /// Remembers a cell.
    pub fn add(&self, line: u32, input: &str) {
        let session = self.session();
        let Some(Session { db, id }) = session.as_ref() else {
            return;
        };
        let added = db.execute(
            "INSERT OR REPLACE INTO inputs (session, line, input) VALUES (?1, ?2, ?3)",
            params![id, line, input],
        );
        if let Err(error) = added {
            tracing::warn!("cannot add a cell to the history: {error}");
        }
    }

    /// Looks up.
    pub fn find(&self, query: &Query) -> Vec<Entry> {
        let session = self.session();
        let Some(session) = session.as_ref() else {
            return Vec::new();
        };
        session.find(query).unwrap_or_else(|error| {
            tracing::warn!("cannot read the history: {error}");
            Vec::new()
        })
    }

    fn session(&self) -> MutexGuard<'_, Option<Session>> {
        // A statement that panicked has not changed the connection.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = self.open();
        }
        open
    }

    fn open(&self) -> Option<Session> {
        if let Some(path) = &self.path {
            match Session::open(path) {
                Ok(session) => return Some(session),
                Err(error) => tracing::warn!(
                    "cannot open the history {}: {error}; it is kept in memory, \
                     set FEARLESS_HISTORY to another file to keep it",
                    path.display()
                ),
            }
        }
        let opened = Connection::open_in_memory().and_then(Session::begin);
        opened
            .inspect_err(|error| tracing::error!("there is no history: {error}"))
            .ok()
    }
}

impl Session {
    fn open(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let db = Connection::open(path)?;
        db.busy_timeout(PATIENCE)?;
        // With a write-ahead log, kernels that read don't wait for one that writes.
        db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        db.execute_batch("PRAGMA synchronous = NORMAL")?;
        Ok(Self::begin(db)?)
    }

    fn begin(db: Connection) -> rusqlite::Result<Self> {
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS sessions (
                 id INTEGER PRIMARY KEY AUTOINCREMENT, begun TEXT NOT NULL);
             CREATE TABLE IF NOT EXISTS inputs (
                 number INTEGER PRIMARY KEY AUTOINCREMENT,
                 session INTEGER NOT NULL, line INTEGER NOT NULL, input TEXT NOT NULL,
                 UNIQUE (session, line));",
        )?;
        db.execute(
            "DELETE FROM inputs WHERE number <= (SELECT max(number) FROM inputs) - ?1",
            [MAX_INPUTS],
        )?;
        db.execute("INSERT INTO sessions (begun) VALUES (datetime('now'))", [])?;
        let id = db.last_insert_rowid();
        Ok(Self { db, id })
    }

    fn find(&self, query: &Query) -> rusqlite::Result<Vec<Entry>> {
        match query {
            Query::Tail { n } => self.select(
                "SELECT * FROM (SELECT session, line, input, number FROM inputs
                     ORDER BY number DESC LIMIT ?1) ORDER BY number",
                params![n],
            ),
            Query::Range {
                session,
                start,
                stop,
            } => {
                let Some(session) = self.absolute(*session)? else {
                    return Ok(Vec::new());
                };
                self.select(
                    "SELECT session, line, input FROM inputs
                     WHERE session = ?1 AND line >= ?2 AND line < ?3 ORDER BY line",
                    params![session, start, stop.map_or(i64::MAX, i64::from)],
                )
            }
            Query::Search {
                pattern,
                unique: false,
                n,
            } => self.select(
                "SELECT * FROM (SELECT session, line, input, number FROM inputs
                     WHERE input GLOB ?1 ORDER BY number DESC LIMIT ?2) ORDER BY number",
                params![pattern, n],
            ),
            // Of equal inputs the last one, as `max` picks its row.
            Query::Search {
                pattern,
                unique: true,
                n,
            } => self.select(
                "SELECT session, line, input FROM (
                     SELECT session, line, input, max(number) AS number FROM inputs
                     WHERE input GLOB ?1 GROUP BY input ORDER BY number DESC LIMIT ?2)
                 ORDER BY number",
                params![pattern, n],
            ),
        }
    }

    /// The session's id: a positive number is one already.
    fn absolute(&self, session: i64) -> rusqlite::Result<Option<i64>> {
        if session > 0 {
            return Ok(Some(session));
        }
        self.db
            .query_row(
                "SELECT id FROM sessions WHERE id <= ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2",
                params![self.id, session.unsigned_abs()],
                |row| row.get(0),
            )
            .optional()
    }

    fn select(&self, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<Vec<Entry>> {
        let entry = |row: &rusqlite::Row<'_>| {
            Ok(Entry {
                session: row.get(0)?,
                line: row.get(1)?,
                input: row.get(2)?,
            })
        };
        self.db
            .prepare_cached(sql)?
            .query_map(params, entry)?
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.input.as_str()).collect()
    }

    fn search(pattern: &str, unique: bool, n: u32) -> Query {
        Query::Search {
            pattern: pattern.to_owned(),
            unique,
            n,
        }
    }

    #[test]
    fn tail_range_and_search() {
        let history = History::new(None);
        for (line, input) in (1..).zip(["let a = 1;", "a + 1", "let b = 2;", "a + 1"]) {
            history.add(line, input);
        }
        assert_eq!(
            inputs(&history.find(&Query::Tail { n: 2 })),
            ["let b = 2;", "a + 1"]
        );
        let range = |start, stop| Query::Range {
            session: 0,
            start,
            stop,
        };
        assert_eq!(
            inputs(&history.find(&range(2, Some(4)))),
            ["a + 1", "let b = 2;"]
        );
        assert_eq!(history.find(&range(4, None))[0].line, 4);
        assert_eq!(
            inputs(&history.find(&search("let*", false, 9))),
            ["let a = 1;", "let b = 2;"]
        );
        assert_eq!(
            inputs(&history.find(&search("*a*", false, 2))),
            ["a + 1", "a + 1"]
        );
        let unique = history.find(&search("*", true, 9));
        assert_eq!(inputs(&unique), ["let a = 1;", "let b = 2;", "a + 1"]);
        assert_eq!(unique[2].line, 4);
    }

    #[test]
    fn it_outlives_the_kernel() {
        let folder = std::env::temp_dir().join(format!("fearless-test-{}", uuid::Uuid::new_v4()));
        let path = folder.join("new").join("history.sqlite");
        let first = History::new(Some(path.clone()));
        first.add(1, "one");
        let second = History::new(Some(path.clone()));
        second.add(1, "two");
        assert_eq!(inputs(&second.find(&Query::Tail { n: 9 })), ["one", "two"]);
        let last_session = Query::Range {
            session: -1,
            start: 0,
            stop: None,
        };
        assert_eq!(inputs(&second.find(&last_session)), ["one"]);
        let unknown = Query::Range {
            session: -7,
            start: 0,
            stop: None,
        };
        assert!(second.find(&unknown).is_empty());
        drop((first, second));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_is_none_does_not_stop_the_kernel() {
        let history = History::new(Some(PathBuf::from("/proc/nowhere/history.sqlite")));
        history.add(1, "kept in memory");
        assert_eq!(
            inputs(&history.find(&Query::Tail { n: 1 })),
            ["kept in memory"]
        );
    }
}
