//# title: inline functions of a crate that bundles a C library; values cross cells
:dep rusqlite = { version = "0.37", features = ["bundled"] }
let db = rusqlite::Connection::open_in_memory().unwrap();
db.execute_batch("create table t (n integer); insert into t values (40), (2);").unwrap();
//# cell
let sum: i64 = db.query_row("select sum(n) from t", [], |row| row.get(0)).unwrap();
assert_eq!(sum, 42);
//# cell
:dep libsqlite3-sys = { version = "0.35", features = ["bundled"] }
let version = unsafe { std::ffi::CStr::from_ptr(libsqlite3_sys::sqlite3_libversion()) };
assert_eq!(version.to_str().unwrap(), rusqlite::version());
let mut statement = db.prepare("select n from t order by n").unwrap();
let all: Vec<i64> = statement.query_map([], |row| row.get(0)).unwrap().map(|n| n.unwrap()).collect();
assert_eq!(all, [2, 40]);
drop(statement);
