//! The preludes and print macros of every edition, and rustc's own messages about their misuse.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where cargo has put our library, as this process has loaded it.
fn library() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("/proc/self/maps");
    let paths = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5));
    // The real one has a hash in its name.
    let mut ours = paths.filter(|path| path.ends_with("/libstd.so"));
    PathBuf::from(ours.next().expect("our std is loaded"))
}

/// The folder with what our library was compiled against.
fn dependencies(library: &Path) -> PathBuf {
    let folder = library.parent().expect("a folder");
    if folder.ends_with("deps") {
        folder.to_owned()
    } else {
        folder.join("deps")
    }
}

/// Compiles a program; against the real std if `library` is none.
fn compile_against(
    library: Option<&Path>,
    name: &str,
    edition: &str,
    source: &str,
) -> (Output, PathBuf) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (file, program) = (folder.join(format!("{name}.rs")), folder.join(name));
    std::fs::write(&file, source).expect("the source");
    let mut command = Command::new("rustc");
    command.args([
        "-Cprefer-dynamic",
        "--edition",
        edition,
        "--error-format=short",
    ]);
    if let Some(library) = library {
        command
            .arg("--extern")
            .arg(format!("std={}", library.display()));
        command
            .arg("-L")
            .arg(format!("dependency={}", dependencies(library).display()));
    }
    let output = command
        .arg("-o")
        .arg(&program)
        .arg(&file)
        .output()
        .expect("rustc starts");
    (output, program)
}

fn compile(name: &str, edition: &str, source: &str) -> (Output, PathBuf) {
    compile_against(Some(&library()), name, edition, source)
}

fn run(name: &str, edition: &str, source: &str) -> String {
    let output = run_against(Some(&library()), name, edition, source);
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn run_against(library: Option<&Path>, name: &str, edition: &str, source: &str) -> Output {
    let (output, program) = compile_against(library, name, edition, source);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let real = Command::new("rustc")
        .args(["--print", "target-libdir"])
        .output()
        .expect("rustc starts");
    let real = String::from_utf8(real.stdout).expect("UTF-8");
    let ours = library.and_then(Path::parent).unwrap_or(Path::new("."));
    let folders = format!("{}:{}", ours.display(), real.trim());
    let output = Command::new(program)
        .env("LD_LIBRARY_PATH", folders)
        .output();
    let output = output.expect("the program starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

#[test]
fn the_same_is_printed_as_by_the_real_macros() {
    for edition in ["2021", "2024"] {
        let source = include_str!("surface/prints.rs");
        let ours = run_against(Some(&library()), "prints_same", edition, source);
        let real = run_against(None, "prints_same", edition, source);
        let texts = |output: Output| {
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"))
        };
        assert_eq!(texts(ours), texts(real), "{edition}");
    }
}

#[test]
fn every_edition_prints() {
    for edition in ["2015", "2018", "2021", "2024"] {
        let source = r#"
            use std::sync::Mutex;
            macro_rules! show { ($($all:tt)*) => { println!($($all)*) } }
            mod inner { pub fn print() { print!("inner "); } }
            fn main() {
                let name = "Ada";
                inner::print();
                println!("{}", name);
                println!("{name}");
                show!("{:?}", Mutex::new(1));
                show!("{name}");
                ::std::println!("{}", 1,);
                std::print!("{0}{0}\n", 2);
                match () { () => println!() }
                eprintln!("{}", vec![1].len());
                eprint!("");
                let _: () = println!("{}", dbg!(3));
                assert_eq!(4, dbg!(4,), "{}", name);
            }"#;
        let expected = "inner Ada\nAda\nMutex { data: 1, poisoned: false, .. }\nAda\n1\n22\n\n3\n";
        assert_eq!(
            run(&format!("prints_{edition}"), edition, source),
            expected,
            "{edition}"
        );
    }
}

#[test]
fn the_old_way_to_import_macros_works() {
    let source = r#"
        #![no_std]
        #[macro_use]
        extern crate std;
        use std::prelude::v1::*;
        mod inner { pub fn print(text: &str) { println!("{}", text); } }
        fn main() {
            let text = String::from("macro_use");
            inner::print(&text);
            let _ = Vec::<u8>::new();
        }"#;
    assert_eq!(run("old_macros", "2015", source), "macro_use\n");
}

#[test]
fn the_preludes_are_those_of_their_editions() {
    let source = r#"
        use std::prelude::rust_2021::*;
        fn main() {
            let n: i32 = i64::from(3_i32).try_into().unwrap();
            println!("{}", n);
        }"#;
    assert_eq!(run("prelude_2018", "2018", source), "3\n");
    let (output, _) = compile(
        "no_try_into",
        "2018",
        "fn main() { let _: i32 = 3_i64.try_into().unwrap(); }",
    );
    assert!(!output.status.success());
}

#[test]
fn misuse_is_reported_as_the_real_macros_report_it() {
    let statements = [
        "println!(\"{}\");",
        "println!(\"{missing}\");",
        "let x = 1; println!(x);",
        "let x = 1; println!(x, x);",
        "struct S; println!(\"{}\", S);",
        "struct S; println!(\"{S:?}\");",
        "struct S; dbg!(S);",
        "print!(\"{}\", 1, 2);",
        "eprintln!(\"{x\");",
        "eprint!(\"{:?}\", std::sync::Mutex::new(1) + 1);",
        "println(\"no macro\");",
    ];
    for (number, statement) in statements.into_iter().enumerate() {
        let source = format!("fn main() {{ {statement} }}");
        let errors = |library: Option<&Path>| {
            let (output, _) =
                compile_against(library, &format!("misuse_{number}"), "2021", &source);
            String::from_utf8(output.stderr).expect("UTF-8")
        };
        let (ours, real) = (errors(Some(&library())), errors(None));
        assert!(real.contains("error"), "{statement} compiles");
        assert_eq!(ours, real, "{statement}");
    }
}

#[test]
fn a_guard_that_crosses_threads_is_refused_under_its_own_name() {
    let source = "use std::sync::*; fn main() { let m = RwLock::new(1); let g = m.read().unwrap(); \
                  std::thread::scope(|s| { s.spawn(move || drop(g)); }); }";
    let (output, _) = compile("guard_crosses", "2021", source);
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        errors.contains("RwLockReadGuard<'_, i32>` cannot be sent between threads safely"),
        "{errors}"
    );
}
