//! What a cell prints arrives as frames of its thread, whole, in order, and cannot pretend to be
//! evcxr.

mod common;

use std::display::Shown as _;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::thread;

use common::cell;
use record::frame::{ENDED_AT_END, ENDED_BY_ERROR, ENDED_BY_PANIC, FrameKind};

#[test]
fn each_macro_writes_to_its_stream() {
    let ran = cell(|| {
        let name = "Ada";
        print!("partial ");
        println!("{name} {}", 1 + 1);
        println!();
        println!("trailing {comma}", comma = "comma",);
        eprint!("{:>4}", 7);
        eprintln!("{{}} {name:?}",);
        assert_eq!(dbg!(2 * 3), 6);
        let (_, _) = dbg!(1, "two");
        dbg!();
    });
    ran.result.as_ref().unwrap();
    assert_eq!(ran.stdout(), "partial Ada 2\n\ntrailing comma\n");
    assert_eq!(
        ran.stderr(),
        "   7{} \"Ada\"\n 2 * 3 = 6\n 1 = 1\n \"two\" = \"two\"\n\n"
    );
    // `dbg!` says where: each has its own place just before its text.
    let places = ran.frames.windows(2).filter_map(|pair| match pair {
        [place, text] if place.kind == FrameKind::Place && text.kind == FrameKind::Stderr => {
            Some(place.extra)
        }
        _ => None,
    });
    let places: Vec<_> = places.collect();
    // The two of one `dbg!` are at one place.
    assert!(places.len() == 4 && places[1] == places[2] && places[0] != places[3]);
    // `print!` is there before the line is complete.
    assert_eq!(ran.frames[0].payload, b"partial ");
    assert_eq!(ran.frames[1].payload, b"Ada 2\n");
    assert_eq!(ran.protocol, "");
}

#[test]
fn frames_name_the_thread_and_lines_are_counted() {
    let ran = cell(|| {
        println!("one");
        thread::Builder::new()
            .name("printer".into())
            .spawn(|| {
                println!("two\nthree");
                eprintln!("four");
            })
            .unwrap()
            .join()
            .unwrap();
    });
    ran.result.as_ref().unwrap();
    let ordinals: Vec<_> = ran
        .frames
        .iter()
        .map(|frame| frame.origin.ordinal)
        .collect();
    assert_eq!(ordinals, [1, 2, 2, 1]);
    let lines = |ordinal| {
        let mut threads = ran.snapshot.threads.iter();
        // Threads of earlier cells may still be there.
        let found =
            threads.find(|thread| thread.cell == ran.snapshot.cell && thread.ordinal == ordinal);
        found.map(|thread| thread.lines_printed)
    };
    assert_eq!((lines(1), lines(2)), (Some(1), Some(3)));
}

#[test]
fn big_output_arrives_whole() {
    let text = "0123456789".repeat(20_000);
    let ran = cell(|| {
        println!("{text}");
        io::stdout().write_all(text.as_bytes()).unwrap();
    });
    ran.result.as_ref().unwrap();
    assert_eq!(ran.stdout(), format!("{text}\n{text}"));
}

#[test]
fn a_lock_keeps_the_lines_of_its_holder_together() {
    let ran = cell(|| {
        thread::scope(|scope| {
            for n in 0..4 {
                scope.spawn(move || {
                    for _ in 0..20 {
                        let mut out = io::stdout().lock();
                        write!(out, "<{n}").unwrap();
                        // The same thread may print while it holds the lock.
                        print!("-");
                        out.write_all(b">").unwrap();
                    }
                });
            }
            scope.spawn(|| (0..20).for_each(|_| print!("[p]")));
        });
    });
    ran.result.as_ref().unwrap();
    let mut rest = ran.stdout();
    for whole in ["<0->", "<1->", "<2->", "<3->", "[p]"] {
        assert_eq!(rest.matches(whole).count(), 20, "{rest}");
        rest = rest.replace(whole, "");
    }
    assert_eq!(rest, "");
}

#[test]
fn text_that_looks_like_a_marker_is_text() {
    let ran = cell(|| {
        println!("EVCXR_PANIC_NOTIFICATION");
        println!("{}", "EVCXR_EXECUTION_COMPLETE");
        print!("EVCXR_ERROR_OCCURRED\n");
        print!("E");
        println!("VCXR_VARIABLE_CHANGED_TYPE:x");
        println!("see EVCXR_BEGIN_CONTENT text/html in the manual");
        println!("EVCXR_BEGIN_CONTENT nothing");
        let _ = panic::catch_unwind(|| panic::resume_unwind(Box::new(())));
        println!("EVCXR_PANIC_NOTIFICATION");
    });
    ran.result.as_ref().unwrap();
    assert_eq!(ran.protocol, "");
    assert_eq!(
        ran.stdout(),
        "EVCXR_PANIC_NOTIFICATION\nEVCXR_EXECUTION_COMPLETE\nEVCXR_ERROR_OCCURRED\n\
         EVCXR_VARIABLE_CHANGED_TYPE:x\nsee EVCXR_BEGIN_CONTENT text/html in the manual\n\
         EVCXR_BEGIN_CONTENT nothing\nEVCXR_PANIC_NOTIFICATION\n"
    );
}

/// As in a cell, where the kernel puts our store in the place of evcxr's.
mod evcxr_internal_runtime {
    pub use std::variables::*;
}

#[test]
fn variables_are_kept_and_their_types_checked() {
    let ran = cell(|| {
        // SAFETY: made by this very call, and used here alone.
        let store = unsafe { &mut *evcxr_internal_runtime::create_variable_store() };
        store.put_variable::<Vec<i32>>("list", vec![1, 2]);
        assert!(store.check_variable::<Vec<i32>>("list"));
        assert!(!store.check_variable::<i32>("absent"));
        assert_eq!(store.take_variable::<Vec<i32>>("list"), [1, 2]);
        let made = store.lazy_arc("once", || 7);
        assert_eq!(store.lazy_arc("once", || 8), made);
        // Of another build of its crate, it has another type.
        assert_eq!(*store.lazy_arc("once", || "new"), "new");
        assert_eq!(*made, 7);
        let lost = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            store.take_variable::<i32>("list")
        }));
        assert!(lost.is_err());
    });
    ran.result.as_ref().unwrap();
    assert_eq!(ran.protocol, "EVCXR_VARIABLE_CHANGED_TYPE:absent\n");
}

#[test]
fn evcxr_is_told_of_types_and_not_how_a_cell_ends() {
    let ran = cell(|| {
        // SAFETY: made by this very call, and used here alone.
        let store = unsafe { &mut *evcxr_internal_runtime::create_variable_store() };
        store.put_variable::<u8>("counter", 1);
        assert!(!store.check_variable::<u16>("counter"));
        println!("{}", evcxr_internal_runtime::USER_ERROR_OCCURRED);
    });
    ran.result.as_ref().unwrap();
    assert_eq!(ran.protocol, "EVCXR_VARIABLE_CHANGED_TYPE:counter\n");
    assert_eq!((ran.ended(), ran.stdout().as_str()), (ENDED_BY_ERROR, ""));

    let ran = cell(|| panic!("over"));
    assert!(ran.result.is_err());
    assert_eq!(ran.protocol, "");
    assert_eq!((ran.ended(), ran.stdout().as_str()), (ENDED_BY_PANIC, ""));
}

#[test]
fn a_cell_that_comes_to_where_it_keeps_variables_says_so() {
    let ran = cell(|| {
        // SAFETY: made by this very call, and used here alone.
        let store = unsafe { &mut *evcxr_internal_runtime::create_variable_store() };
        store.at_end();
        store.put_variable::<u8>("counter", 1);
    });
    assert_eq!(ran.ended(), ENDED_AT_END);
    assert_eq!(cell(|| ()).ended(), 0);
}

#[test]
fn rich_content_is_a_frame_of_its_own() {
    let ran = cell(|| {
        print!("a picture: ");
        println!("EVCXR_BEGIN_CONTENT text/html\n<b>bold</b>\nEVCXR_END_CONTENT");
        let mut out = io::stdout().lock();
        out.write_all(b"EVCXR_BEGIN_CONTENT text/plain\n").unwrap();
        out.write_all(b"7").unwrap();
        out.write_all(b"\nEVCXR_END_CONTENT\n").unwrap();
        drop(out);
        println!("after");
        thread::spawn(|| print!("EVCXR_BEGIN_CONTENT text/html\nnever ended"))
            .join()
            .unwrap();
    });
    ran.result.as_ref().unwrap();
    assert_eq!(
        ran.text(FrameKind::Content),
        "EVCXR_BEGIN_CONTENT text/html\n<b>bold</b>\nEVCXR_END_CONTENT\n\
         EVCXR_BEGIN_CONTENT text/plain\n7\nEVCXR_END_CONTENT\n"
    );
    assert_eq!(
        ran.stdout(),
        "a picture: after\nEVCXR_BEGIN_CONTENT text/html\nnever ended"
    );
}

#[test]
fn rich_content_may_come_in_pieces() {
    let lines = 20_000;
    let ran = cell(|| {
        print!("x: ");
        for piece in ["EVCXR_", "BEGIN_CONTENT", " text/", "plain\n"] {
            print!("{piece}");
        }
        for n in 0..lines {
            print!("{n}");
            println!();
        }
        print!("EVCXR_END_");
        println!("CONTENT");
        print!("EVCXR_");
        print!("OTHER");
    });
    ran.result.as_ref().unwrap();
    let content = ran.text(FrameKind::Content);
    assert!(content.starts_with("EVCXR_BEGIN_CONTENT text/plain\n0\n1\n"));
    assert!(content.ends_with("\nEVCXR_END_CONTENT\n"));
    assert_eq!(content.lines().count(), lines + 2);
    assert_eq!(ran.stdout(), "x: EVCXR_OTHER");
}

#[test]
fn the_last_expression_is_a_result() {
    let ran = cell(|| (vec![1, 2]).evcxr_display());
    ran.result.as_ref().unwrap();
    assert_eq!(ran.text(FrameKind::Result), "[1, 2]");
}

#[test]
#[allow(
    clippy::needless_borrow,
    reason = "which step of the look-up finds the method is the test"
)]
fn a_display_method_of_ones_own_wins() {
    #[derive(Debug)]
    struct Inherent;
    impl Inherent {
        fn evcxr_display(&self) {
            println!("inherent");
        }
    }
    #[derive(Debug)]
    struct ByTrait;
    trait Display {
        fn evcxr_display(&self);
    }
    impl Display for ByTrait {
        fn evcxr_display(&self) {
            println!("by trait");
        }
    }
    let ran = cell(|| {
        (Inherent).evcxr_display();
        (&Inherent).evcxr_display();
        (ByTrait).evcxr_display();
        let by_trait = ByTrait;
        (by_trait).evcxr_display();
        (&by_trait).evcxr_display();
    });
    ran.result.as_ref().unwrap();
    assert_eq!(
        ran.stdout(),
        "inherent\ninherent\nby trait\nby trait\nby trait\n"
    );
    assert_eq!(ran.text(FrameKind::Result), "");
}

#[test]
fn a_panic_is_recorded_and_shown() {
    let ran = cell(|| {
        let thread = thread::spawn(|| panic!("no {}", "bananas"));
        assert!(thread.join().is_err());
    });
    ran.result.as_ref().unwrap();
    let shown = ran.text(FrameKind::Panic);
    assert_eq!(shown.split('\0').next(), Some("no bananas"));
    let recorded: Vec<_> = ran
        .snapshot
        .panics
        .iter()
        .map(|panic| panic.message.as_str())
        .collect();
    assert_eq!(recorded, ["no bananas"]);
    assert_eq!(ran.stderr(), "");
}

#[test]
fn a_hook_of_the_users_runs_after_recording() {
    let ran = cell(|| {
        panic::set_hook(Box::new(|info| {
            println!("hooked: {:?}", info.payload_as_str())
        }));
        let _ = thread::spawn(|| panic!("first")).join();
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            print!("wrapped ");
            hook(info);
        }));
        let _ = thread::spawn(|| panic!("second")).join();
        drop(panic::take_hook());
        let _ = thread::spawn(|| panic!("third")).join();
    });
    ran.result.as_ref().unwrap();
    assert_eq!(
        ran.stdout(),
        "hooked: Some(\"first\")\nwrapped hooked: Some(\"second\")\n"
    );
    assert_eq!(ran.snapshot.panics.len(), 3);
    assert!(ran.text(FrameKind::Panic).starts_with("third"));
}

#[test]
fn what_a_panicking_display_had_written_is_kept() {
    struct Breaks;
    impl std::fmt::Display for Breaks {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("half")?;
            panic!("in the middle");
        }
    }
    struct Fails;
    impl std::fmt::Display for Fails {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Err(std::fmt::Error)
        }
    }
    let ran = cell(|| {
        assert!(panic::catch_unwind(|| println!("begun {Breaks}")).is_err());
        let failed = panic::catch_unwind(|| println!("{Fails}")).unwrap_err();
        assert_eq!(
            failed.downcast_ref::<String>().unwrap(),
            "failed printing to stdout: formatter error"
        );
    });
    ran.result.as_ref().unwrap();
    assert_eq!(ran.stdout(), "begun half");
}

#[test]
fn the_streams_are_no_terminals() {
    let ran = cell(|| {
        assert!(!io::stdout().is_terminal() && !io::stderr().lock().is_terminal());
        assert!(!io::stdin().is_terminal());
        assert_eq!(
            format!("{:?} {:?}", io::stdout(), io::stderr().lock()),
            "Stdout { .. } StderrLock { .. }"
        );
        io::stdout().flush().unwrap();
    });
    ran.result.as_ref().unwrap();
}
