//! What the signatures do not show: auto traits, coercions, variance, drop check and constness.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, Read, Stderr, StderrLock, Stdin, StdinLock, Stdout, StdoutLock, Write};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::process::Stdio;
use std::rc::Rc;
use std::sync::{
    Arc, Barrier, Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, OnceState, RwLock,
    RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Duration;

/// Whether a type has a trait: an inherent method wins over a trait's.
macro_rules! implements {
    ($type:ty: $bound:path) => {{
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "one of the two is never called")]
        trait No {
            fn answer(&self) -> bool {
                false
            }
        }
        impl<T: ?Sized> No for Probe<T> {}
        #[allow(dead_code, reason = "one of the two is never called")]
        impl<T: ?Sized + $bound> Probe<T> {
            fn answer(&self) -> bool {
                true
            }
        }
        Probe::<$type>(std::marker::PhantomData).answer()
    }};
}

macro_rules! auto_traits {
    ($($type:ty => $expected:literal,)*) => {$(
        let mut found = String::new();
        for (letter, is) in [
            ('S', implements!($type: Send)),
            ('Y', implements!($type: Sync)),
            ('P', implements!($type: Unpin)),
            ('U', implements!($type: UnwindSafe)),
            ('R', implements!($type: RefUnwindSafe)),
        ] {
            if is {
                found.push(letter);
            }
        }
        assert_eq!(found, $expected, stringify!($type));
    )*};
}

#[test]
fn auto_traits_are_those_of_the_real_types() {
    auto_traits! {
        Mutex<i32> => "SYPUR",
        Mutex<Cell<i32>> => "SYPUR",
        Mutex<Rc<i32>> => "PUR",
        Mutex<std::marker::PhantomPinned> => "SYUR",
        MutexGuard<'static, i32> => "YPUR",
        MutexGuard<'static, Cell<i32>> => "PUR",
        RwLock<i32> => "SYPUR",
        RwLock<Cell<i32>> => "SPUR",
        RwLock<Rc<i32>> => "PUR",
        RwLockReadGuard<'static, i32> => "YPUR",
        RwLockReadGuard<'static, Cell<i32>> => "P",
        RwLockWriteGuard<'static, i32> => "YPUR",
        RwLockWriteGuard<'static, Cell<i32>> => "PUR",
        Condvar => "SYPUR",
        Barrier => "SYPUR",
        Once => "SYPUR",
        OnceState => "SPU",
        OnceLock<i32> => "SYPUR",
        OnceLock<Cell<i32>> => "SPU",
        OnceLock<Rc<i32>> => "PUR",
        OnceLock<&'static mut i32> => "SYP",
        LazyLock<i32> => "SYPUR",
        LazyLock<Cell<i32>> => "SPU",
        LazyLock<i32, Box<dyn FnOnce() -> i32>> => "P",
        Stdin => "SYPUR",
        StdinLock<'static> => "YPUR",
        Stdout => "SYPUR",
        StdoutLock<'static> => "PUR",
        Stderr => "SYPUR",
        StderrLock<'static> => "PUR",
    }
}

#[test]
fn locks_coerce_to_unsized_data() {
    let numbers: Arc<Mutex<[i32]>> = Arc::new(Mutex::new([1, 2, 3]));
    assert_eq!(numbers.lock().unwrap().len(), 3);
    let any: Arc<Mutex<dyn std::any::Any + Send>> = Arc::new(Mutex::new(7_i32));
    assert!(any.lock().unwrap().is::<i32>());
    let table: Arc<RwLock<dyn Fn() -> i32 + Send + Sync>> = Arc::new(RwLock::new(|| 5));
    assert_eq!((table.read().unwrap())(), 5);
    let boxed: Box<RwLock<[u8]>> = Box::new(RwLock::new([0; 4]));
    assert_eq!(boxed.write().unwrap().len(), 4);
    // A method call unsizes an array behind a lock's reference, too.
    let array = RwLock::new([3, 1, 2]);
    let slice: &RwLock<[i32]> = &array;
    slice.write().unwrap().sort();
    assert_eq!(*array.read().unwrap(), [1, 2, 3]);
}

#[test]
fn read_guards_are_covariant() {
    fn shorten<'a>(guard: RwLockReadGuard<'a, &'static str>) -> RwLockReadGuard<'a, &'a str> {
        guard
    }
    let lock = RwLock::new("static");
    assert_eq!(*shorten(lock.read().unwrap()), "static");
}

#[test]
fn data_may_end_with_its_lock() {
    // In std the data's borrow may end at the same place as the lock: the lock's own drop does not
    // look.
    let (mutex, once, text);
    text = String::from("text");
    mutex = Mutex::new(&text);
    once = OnceLock::new();
    once.set(&text).unwrap();
    assert_eq!(mutex.lock().unwrap().len(), once.get().unwrap().len());
    let (lock, word);
    word = String::from("word");
    lock = RwLock::new(&word);
    assert_eq!(lock.into_inner().unwrap(), "word");
}

#[test]
fn statics_and_constants_are_made_at_compile_time() {
    static MUTEX: Mutex<Vec<i32>> = Mutex::new(Vec::new());
    static TABLE: RwLock<[u8; 2]> = RwLock::new([1, 2]);
    static ONCE: Once = Once::new();
    static CELL: OnceLock<String> = OnceLock::new();
    static LAZY: LazyLock<String> = LazyLock::new(|| "lazy".to_owned());
    static CONDVAR: Condvar = Condvar::new();
    static BARRIER: Barrier = Barrier::new(1);
    #[allow(deprecated, reason = "old crates use it")]
    static OLD: Once = std::sync::ONCE_INIT;
    const fn locks() -> [Mutex<u8>; 2] {
        [const { Mutex::new(0) }; 2]
    }
    static MANY: [Mutex<u8>; 2] = locks();
    MUTEX.lock().unwrap().push(1);
    assert_eq!(TABLE.read().unwrap()[1], 2);
    ONCE.call_once(|| {});
    OLD.call_once_force(|state| assert!(!state.is_poisoned()));
    assert!(ONCE.is_completed() && OLD.is_completed());
    assert_eq!(CELL.get_or_init(|| "cell".into()), "cell");
    assert_eq!(LAZY.len(), 4);
    CONDVAR.notify_all();
    assert!(BARRIER.wait().is_leader());
    assert_eq!(MANY.iter().map(|lock| *lock.lock().unwrap()).sum::<u8>(), 0);
    thread_local! { static LOCAL: RefCell<Mutex<i32>> = const { RefCell::new(Mutex::new(1)) } }
    assert_eq!(LOCAL.take().into_inner().unwrap(), 1);
}

#[test]
fn debug_is_stds() {
    let mutex = Mutex::new(1);
    assert_eq!(
        format!("{mutex:?}"),
        "Mutex { data: 1, poisoned: false, .. }"
    );
    let guard = mutex.lock().unwrap();
    assert_eq!(
        format!("{mutex:?} {guard:?}"),
        "Mutex { data: \"<locked>\", poisoned: false, .. } 1"
    );
    let lock = RwLock::new("a");
    assert_eq!(
        format!("{lock:?}"),
        "RwLock { data: \"a\", poisoned: false, .. }"
    );
    let writer = lock.write().unwrap();
    assert_eq!(
        format!("{lock:?}"),
        "RwLock { data: <locked>, poisoned: false, .. }"
    );
    drop(writer);
    assert_eq!(format!("{:?}", Condvar::new()), "Condvar { .. }");
    assert_eq!(
        format!("{:?}", Barrier::new(1).wait()),
        "BarrierWaitResult { is_leader: true }"
    );
    assert_eq!(
        format!("{:?} {:?}", Once::new(), Barrier::new(1)),
        "Once { .. } Barrier { .. }"
    );
    let cell = OnceLock::new();
    assert_eq!(format!("{cell:?}"), "OnceLock(<uninit>)");
    cell.set(3).unwrap();
    assert_eq!(format!("{cell:?}"), "OnceLock(3)");
    let lazy = LazyLock::new(|| 4);
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
    assert_eq!(format!("{} {lazy:?}", *lazy), "4 LazyLock(4)");
}

#[test]
fn streams_convert_to_stdio() {
    let child = std::process::Command::new("true")
        .stdout(Stdio::from(std::io::stdout()))
        .status();
    assert!(child.is_ok_and(|status| status.success()));
    let _: Stdio = std::io::stderr().into();
}

/// A function pointer to a `#[track_caller]` function is one to a shim that the *using* crate
/// compiles, and rustc then takes the function itself for one that this crate has, too. So what is
/// not generic in our std must be `#[inline]`, or this test does not link.
#[test]
fn functions_have_addresses() {
    let _: [fn(); 2] = [std::thread::park, std::thread::yield_now];
    let _: [fn(Duration); 2] = [std::thread::sleep, std::thread::park_timeout];
    #[allow(deprecated, reason = "old crates use them")]
    let _: [fn(u32); 2] = [std::thread::sleep_ms, std::thread::park_timeout_ms];
    let _: fn(&std::thread::Thread) = std::thread::Thread::unpark;
    let _: [fn(&Condvar); 2] = [Condvar::notify_one, Condvar::notify_all];
    let _: [fn() -> Condvar; 2] = [Condvar::new, Default::default];
    let _: fn(usize) -> Barrier = Barrier::new;
    let _: fn(&Barrier) -> std::sync::BarrierWaitResult = Barrier::wait;
    let _: fn() -> Once = Once::new;
    let _: [fn(&Once); 2] = [Once::wait, Once::wait_force];
    let _: fn(&Stdout) -> StdoutLock<'static> = Stdout::lock;
    let _: fn(&Stderr) -> StderrLock<'static> = Stderr::lock;
    let _: fn(&Stdin) -> StdinLock<'static> = Stdin::lock;
    let _: fn(&Stdin, &mut String) -> std::io::Result<usize> = Stdin::read_line;
    let _: fn(&Mutex<i32>) -> std::sync::LockResult<MutexGuard<'_, i32>> = Mutex::lock;
    let _: fn(i32) -> RwLock<i32> = RwLock::from;
    let _: fn(std::thread::JoinHandle<i32>) -> std::thread::Result<i32> =
        std::thread::JoinHandle::join;
    let _: fn(&std::sync::mpsc::Sender<i32>, i32) -> Result<(), std::sync::mpsc::SendError<i32>> =
        std::sync::mpsc::Sender::send;
    let mut writers: [Box<dyn Write>; 4] = [
        Box::new(std::io::stdout()),
        Box::new(std::io::stderr()),
        Box::new(std::io::stdout().lock()),
        Box::new(std::io::stderr().lock()),
    ];
    for writer in &mut writers {
        writer.write_all(b"").unwrap();
    }
    let _: [Box<dyn Read>; 2] = [Box::new(std::io::stdin()), Box::new(&std::io::stdin())];
    let _: Box<dyn BufRead> = Box::new(std::io::stdin().lock());
}
