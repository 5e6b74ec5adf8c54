//! Each rule fails on a planted violation, and on nothing else of a house that is in order.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use layout::{Family, Tree, rules};

/// A small house in a folder of its own.
struct House(PathBuf);

impl House {
    /// Two packages, `upper` on `lower`, that break no rule.
    fn in_order() -> Self {
        static HOUSES: AtomicU32 = AtomicU32::new(0);
        let number = HOUSES.fetch_add(1, Ordering::Relaxed);
        let name = format!("fearless-layout-{}-{number}", std::process::id());
        let house = Self(std::env::temp_dir().join(name));
        house.with("kernel/lower/Cargo.toml", "[package]\nname = \"lower\"\n");
        house.with(
            "kernel/lower/src/lib.rs",
            "mod ground;\nmod room;\npub use room::live;\n",
        );
        house.with("kernel/lower/src/ground.rs", "pub fn stand() {}\n");
        house.with(
            "kernel/lower/src/room.rs",
            "mod corner;\nuse crate::ground::stand;\npub fn live() { stand(); corner::sit(); }\n",
        );
        house.with(
            "kernel/lower/src/room/corner.rs",
            "//! Speaks of `crate::room::live`, and of unsafe { }.\npub fn sit() {}\n\
             #[cfg(test)]\nmod tests {\n    use crate::room::live;\n    fn try_it() { live(); unsafe {} }\n}\n"
                .replace("unsafe {} ", "")
                .as_str(),
        );
        house.with(
            "kernel/upper/Cargo.toml",
            "[package]\nname = \"upper\"\n[dependencies]\nlower.workspace = true\n",
        );
        house.with(
            "kernel/upper/src/lib.rs",
            "pub fn run() { lower::live(); }\n",
        );
        house.with(
            "HOUSE.md",
            "`room.rs` is above `lower/src/ground.rs`, in `lower/src/room/`; `room::live` and `text/html`.\n",
        );
        house
    }

    fn with(&self, file: &str, text: &str) -> &Self {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Everything that breaks a rule.
    fn broken(&self) -> Vec<String> {
        let tree = Tree::at(&self.0);
        let cited = rules::Cited {
            bases: &["kernel/"],
            ours: &["room"],
            made: &[],
        };
        [
            rules::arrows_between_packages(&tree, &[("lower", &[]), ("upper", &["lower"])]),
            rules::known_to_few(&tree, &[("evcxr", &["upper"])]),
            rules::exact_dependencies(&tree, &[("lower", &[])]),
            rules::rings(&tree, Family::Counted),
            rules::rooms_bottom_up(
                &tree,
                &[&["kernel/lower/src/ground", "kernel/lower/src/room"]],
            ),
            rules::spoken_to_from(
                &tree,
                "lower",
                "kernel/upper/src",
                &["kernel/upper/src/lib.rs"],
            ),
            rules::never_speaks_of(&tree, "kernel/lower/src", &["std::fs", "Instant::now"]),
            rules::unsafe_in_its_rooms(&tree, &["kernel/lower/src/ground"]),
            rules::no_mod_rs(&tree),
            rules::citations(&tree, "HOUSE.md", &cited),
            rules::prose_width(&tree, "HOUSE.md", 100),
            rules::comment_width(&tree, "kernel", 100),
        ]
        .concat()
    }

    /// Asserts that this breaks one rule, in these words.
    #[track_caller]
    fn breaks(&self, words: &[&str]) {
        let broken = self.broken();
        assert_eq!(broken.len(), 1, "{broken:#?}");
        for word in words {
            assert!(broken[0].contains(word), "no {word:?} in {:?}", broken[0]);
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_house_in_order_breaks_nothing() {
    assert_eq!(House::in_order().broken(), [""; 0]);
}

#[test]
fn an_arrow_upwards() {
    House::in_order()
        .with(
            "kernel/upper/Cargo.toml",
            "[package]\nname = \"upper\"\n[dependencies]\nlower = { path = \"../lower\" }\nupper = \"1\"\n",
        )
        .breaks(&["`upper` must not use `upper`"]);
}

#[test]
fn a_package_that_nobody_drew() {
    House::in_order()
        .with("kernel/shed/Cargo.toml", "[package]\nname = \"shed\"\n")
        .breaks(&["`shed`", "not drawn"]);
}

#[test]
fn a_package_that_is_gone() {
    let house = House::in_order();
    fs::remove_dir_all(house.0.join("kernel/upper")).unwrap();
    house.breaks(&["`upper`", "not there"]);
}

#[test]
fn a_dependency_that_few_may_know() {
    let house = House::in_order();
    house.with(
        "kernel/lower/Cargo.toml",
        "[package]\nname = \"lower\"\n[target.'cfg(unix)'.dependencies]\nevcxr = \"1\"\n",
    );
    let broken = house.broken();
    assert!(
        broken
            .iter()
            .any(|line| line.contains("`lower` must not know `evcxr`")),
        "{broken:#?}"
    );
    // And what must need nothing needs something.
    assert!(
        broken
            .iter()
            .any(|line| line.contains("`lower` depends on \"evcxr\"")),
        "{broken:#?}"
    );
    assert_eq!(broken.len(), 2);
}

#[test]
fn a_ring_by_use_lines() {
    House::in_order()
        .with(
            "kernel/lower/src/room/corner.rs",
            "use super::live;\npub fn sit() { live() }\n",
        )
        .breaks(&[
            "a ring of 2 files",
            "room/corner.rs:1 → kernel/lower/src/room.rs",
        ]);
}

#[test]
fn a_ring_by_a_path_in_code_and_through_a_re_export() {
    for path in ["super::live", "crate::room::live", "crate::live"] {
        let code = format!("pub fn sit() {{ println!(\"{{:?}}\", {path}()) }}\n");
        House::in_order()
            .with("kernel/lower/src/room/corner.rs", &code)
            .breaks(&["a ring of 2 files", path]);
    }
}

#[test]
fn a_ring_in_a_program() {
    House::in_order()
        .with(
            "kernel/upper/src/main.rs",
            "mod a;\nmod b;\nfn main() { a::f() }\n",
        )
        .with("kernel/upper/src/a.rs", "pub fn f() { crate::b::g() }\n")
        .with(
            "kernel/upper/src/b.rs",
            "use crate::a;\npub fn g() { a::f() }\n",
        )
        .with("kernel/upper/src/lib.rs", "")
        .breaks(&["a ring of 2 files", "src/a.rs", "src/b.rs"]);
}

#[test]
fn a_room_that_leans_upwards() {
    let house = House::in_order();
    house
        .with(
            "kernel/lower/src/room.rs",
            "mod corner;\npub fn live() { corner::sit(); }\n",
        )
        .with(
            "kernel/lower/src/ground.rs",
            "pub fn stand() { crate::live() }\n",
        )
        .breaks(&["ground.rs:1 leans upwards", "room.rs"]);
}

#[test]
fn who_speaks_past_the_room() {
    House::in_order()
        .with(
            "kernel/upper/src/lib.rs",
            "mod other;\npub fn run() { lower::live(); }\n",
        )
        .with(
            "kernel/upper/src/other.rs",
            "use lower::live;\npub fn f() { live() }\n",
        )
        .breaks(&["upper/src/other.rs:1 speaks to `lower`"]);
}

#[test]
fn what_must_never_be_spoken_of() {
    for code in [
        "use std::fs::File;",
        "use std::{fs, io};",
        "fn f() { std::fs::read(\"x\"); }",
        "fn f() { println!(\"{:?}\", Instant::now()); }",
    ] {
        House::in_order()
            .with(
                "kernel/lower/src/ground.rs",
                &format!("pub fn stand() {{}}\n{code}\n"),
            )
            .breaks(&["ground.rs:2 must not speak of"]);
    }
}

#[test]
fn unsafe_outside_its_rooms() {
    for code in [
        "unsafe { }",
        "unsafe impl Send for X {}",
        "unsafe extern \"C\" {}",
    ] {
        House::in_order()
            .with(
                "kernel/upper/src/lib.rs",
                &format!("fn f() {{\n{code}\n}}\n"),
            )
            .breaks(&["upper/src/lib.rs:2", "unsafe"]);
    }
    let allowed = "pub fn stand() { unsafe {} }\n";
    assert_eq!(
        House::in_order()
            .with("kernel/lower/src/ground.rs", allowed)
            .broken(),
        [""; 0]
    );
}

#[test]
fn a_module_called_mod() {
    let house = House::in_order();
    fs::rename(
        house.0.join("kernel/lower/src/ground.rs"),
        house.0.join("ground"),
    )
    .unwrap();
    house
        .with("kernel/lower/src/ground/mod.rs", "pub fn stand() {}\n")
        .with("HOUSE.md", "none\n")
        .breaks(&["ground/mod.rs"]);
}

#[test]
fn a_citation_of_what_is_gone() {
    for (text, gone) in [
        ("see `lower/src/cellar.rs`", "cellar.rs"),
        ("see `cellar.rs`", "cellar.rs"),
        ("see `lower/src/cellar/`", "cellar/"),
        ("see [the cellar](kernel/cellar.md)", "cellar.md"),
        ("call `room::dine()`", "dine"),
    ] {
        House::in_order()
            .with("HOUSE.md", text)
            .breaks(&["HOUSE.md cites", gone]);
    }
    let house = House::in_order();
    fs::remove_file(house.0.join("HOUSE.md")).unwrap();
    house.breaks(&["HOUSE.md is gone"]);
}

#[test]
fn a_line_that_is_too_wide() {
    let wide = "a word ".repeat(20);
    let allowed = format!("| {wide} |\n\n```\n{wide}\n```\n    {wide}\n");
    assert_eq!(
        House::in_order().with("HOUSE.md", &allowed).broken(),
        [""; 0]
    );
    House::in_order()
        .with("HOUSE.md", &format!("short\n{wide}\n"))
        .breaks(&["HOUSE.md:2 is 140 characters wide"]);
}

#[test]
fn a_comment_that_is_too_wide() {
    let wide = "a word ".repeat(20);
    let allowed =
        format!("//! | {wide} |\n//! ```\n//! {wide}\n//! ```\nconst A: &str = \"// {wide}\";\n");
    let file = "kernel/lower/src/wide.rs";
    assert_eq!(House::in_order().with(file, &allowed).broken(), [""; 0]);
    House::in_order()
        .with(file, &format!("fn a() {{\n    // {wide}\n}}\n"))
        .breaks(&["kernel/lower/src/wide.rs:2 is 147 characters wide"]);
}
