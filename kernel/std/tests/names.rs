//! Every public name of the modules that we have in place of std's is there, and is public.
//!
//! A glob re-export says nothing when a name is missing, or hidden by a private import.

#![allow(
    unused_imports,
    deprecated,
    reason = "that the names resolve is the test"
)]

mod io {
    use std::io::prelude::{BufRead, Read, Seek, Write};
    use std::io::{
        BufRead as _, BufReader, BufWriter, Bytes, Chain, Cursor, Empty, Error, ErrorKind,
        IntoInnerError, IoSlice, IoSliceMut, IsTerminal, LineWriter, Lines, PipeReader, PipeWriter,
        Read as _, Repeat, Result, Seek as _, SeekFrom, Sink, Split, Stderr, StderrLock, Stdin,
        StdinLock, Stdout, StdoutLock, Take, Write as _, copy, empty, pipe, read_to_string, repeat,
        sink, stderr, stdin, stdout,
    };
}

mod panic {
    use std::panic::{
        AssertUnwindSafe, Location, PanicHookInfo, PanicInfo, RefUnwindSafe, UnwindSafe,
        catch_unwind, panic_any, resume_unwind, set_hook, take_hook,
    };
}

mod sync {
    use std::sync::atomic::{self, AtomicBool, AtomicU64, Ordering, fence};
    use std::sync::mpsc::{
        self, IntoIter, Iter, Receiver, RecvError, RecvTimeoutError, SendError, Sender, SyncSender,
        TryIter, TryRecvError, TrySendError, channel, sync_channel,
    };
    use std::sync::{
        Arc, Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard,
        ONCE_INIT, Once, OnceLock, OnceState, PoisonError, RwLock, RwLockReadGuard,
        RwLockWriteGuard, TryLockError, TryLockResult, WaitTimeoutResult, Weak,
    };
}

mod thread {
    use std::thread::{
        AccessError, Builder, JoinHandle, LocalKey, Result, Scope, ScopedJoinHandle, Thread,
        ThreadId, available_parallelism, current, panicking, park, park_timeout, park_timeout_ms,
        scope, sleep, sleep_ms, spawn, yield_now,
    };

    /// An alias, not the prelude's.
    pub fn alias(result: Result<i32>) -> std::result::Result<i32, Box<dyn std::any::Any + Send>> {
        result
    }
}

mod root {
    use std::prelude::{rust_2015, rust_2018, rust_2021, rust_2024, v1};
    use std::{
        alloc, any, arch, array, ascii, assert, assert_eq, borrow, boxed, cell, char, clone, cmp,
        collections, column, compile_error, concat, convert, dbg, debug_assert, default, env,
        eprint, eprintln, error, f32, f64, ffi, file, fmt, format, format_args, fs, future, hash,
        hint, include_str, io, iter, line, marker, matches, mem, module_path, net, num, ops,
        option, option_env, os, panic, path, pin, primitive, print, println, process, ptr, rc,
        result, slice, str, string, stringify, sync, task, thread, thread_local, time, todo,
        unimplemented, unreachable, vec, write, writeln,
    };
}

#[test]
fn the_names_resolve() {
    // Compiling this file was the test; the twins are ours, not the real ones.
    assert!(thread::alias(Ok(1)).is_ok());
    let ours = std::any::type_name::<std::sync::Mutex<i32>>();
    assert!(ours.starts_with("std::sync::mutex::"), "{ours}");
}
