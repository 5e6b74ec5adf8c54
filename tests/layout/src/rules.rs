//! The rules. Each returns a sentence for each place that breaks it; what is allowed is the
//! caller's data.

use std::collections::HashSet;

use crate::arrows::{self, Family};
use crate::modules::Crate;
use crate::tokens::{Kind, tokens};
use crate::tree::{Tree, is_below};

/// Which of our packages a package may use, in its code and in its tests.
pub type Arrow<'r> = (&'r str, &'r [&'r str]);

/// Packages use only what is drawn; a package that is not drawn is told, too.
pub fn arrows_between_packages(tree: &Tree, drawn: &[Arrow<'_>]) -> Vec<String> {
    let packages = tree.packages();
    let ours: HashSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut found = Vec::new();
    for package in &packages {
        let Some((_, allowed)) = drawn.iter().find(|(name, _)| *name == package.name) else {
            found.push(format!(
                "the package `{}` ({}) is not drawn",
                package.name, package.folder
            ));
            continue;
        };
        for used in package.dependencies.iter().chain(&package.for_tests) {
            if ours.contains(used.as_str()) && !allowed.contains(&used.as_str()) {
                found.push(format!("`{}` must not use `{used}`", package.name));
            }
        }
    }
    let gone = drawn.iter().filter(|(name, _)| !ours.contains(name));
    found.extend(gone.map(|(name, _)| format!("the package `{name}` is drawn, but not there")));
    found
}

/// Some dependencies are known to few: `(dependency, packages)`.
pub fn known_to_few(tree: &Tree, few: &[Arrow<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for package in tree.packages() {
        for (dependency, who) in few {
            let uses = package.dependencies.iter().any(|used| used == dependency);
            if uses && !who.contains(&package.name.as_str()) {
                found.push(format!("`{}` must not know `{dependency}`", package.name));
            }
        }
    }
    found
}

/// Packages that are compiled again on the user's machine, by rustc alone, have these dependencies
/// and no more.
pub fn exact_dependencies(tree: &Tree, exact: &[Arrow<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for package in tree.packages() {
        for (_, wanted) in exact.iter().filter(|(name, _)| *name == package.name) {
            if package.dependencies != *wanted {
                let has = package.dependencies.join(", ");
                found.push(format!(
                    "`{}` depends on {has:?}, not on {wanted:?}",
                    package.name
                ));
            }
        }
    }
    found
}

fn each_crate(tree: &Tree, mut look: impl FnMut(&Crate)) {
    for package in tree.packages() {
        tree.crates(&package).iter().for_each(&mut look);
    }
}

/// No files lean on each other in a ring, in any package.
pub fn rings(tree: &Tree, family: Family) -> Vec<String> {
    let mut found = Vec::new();
    each_crate(tree, |of| {
        for ring in arrows::rings(of, family) {
            let lines = ring.arrows.iter().map(|arrow| {
                let (from, to) = (tree.name(of, arrow.from), tree.name(of, arrow.to));
                format!("\n  {from}:{} → {to}  ({})", arrow.line, arrow.path)
            });
            let lines: String = lines.collect();
            found.push(format!("a ring of {} files:{lines}", ring.files.len()));
        }
    });
    found
}

/// Rooms of one package lie one on the other: who stands earlier in a list knows nobody later in
/// it.
pub fn rooms_bottom_up(tree: &Tree, houses: &[&[&str]]) -> Vec<String> {
    let mut found = Vec::new();
    each_crate(tree, |of| {
        for arrow in arrows::arrows(of) {
            let (from, to) = (tree.name(of, arrow.from), tree.name(of, arrow.to));
            for rooms in houses {
                let height = |file: &str| rooms.iter().position(|room| is_room(file, room));
                if let (Some(lower), Some(upper)) = (height(&from), height(&to))
                    && lower < upper
                {
                    found.push(format!(
                        "{from}:{} leans upwards on {to} ({})",
                        arrow.line, arrow.path
                    ));
                }
            }
        }
    });
    for room in houses.iter().copied().flatten() {
        if !tree.files.iter().any(|file| is_room(file, room)) {
            found.push(format!("the room {room} is gone"));
        }
    }
    found
}

/// Whether a file is the room's front (`room.rs`) or lies in it.
fn is_room(file: &str, room: &str) -> bool {
    is_below(file, room) || file.strip_suffix(".rs") == Some(room)
}

/// Another crate is spoken to from some rooms alone: below `folder`, only in `rooms`.
pub fn spoken_to_from(tree: &Tree, name: &str, folder: &str, rooms: &[&str]) -> Vec<String> {
    let mut found = HashSet::new();
    each_crate(tree, |of| {
        for module in &of.modules {
            let file = tree.name(of, module.file);
            if !is_below(&file, folder) || rooms.iter().any(|room| is_room(&file, room)) {
                continue;
            }
            let imports = module
                .imports
                .iter()
                .map(|import| (&import.path, import.line));
            let mentions = module.paths.iter().filter(|mention| mention.path.len() > 1);
            let paths = imports.chain(mentions.map(|mention| (&mention.path, mention.line)));
            for (path, line) in paths.filter(|(path, _)| path[0] == name) {
                found.insert(format!(
                    "{file}:{line} speaks to `{name}` ({})",
                    path.join("::")
                ));
            }
        }
    });
    sorted(found)
}

/// Below a folder, no path speaks of these (`std::fs`, `Instant::now`).
pub fn never_speaks_of(tree: &Tree, folder: &str, what: &[&str]) -> Vec<String> {
    let mut found = HashSet::new();
    each_crate(tree, |of| {
        for module in &of.modules {
            let file = tree.name(of, module.file);
            let imports = module
                .imports
                .iter()
                .map(|import| (&import.path, import.line));
            let mentions = module
                .paths
                .iter()
                .map(|mention| (&mention.path, mention.line));
            for (path, line) in imports.chain(mentions).filter(|_| is_below(&file, folder)) {
                let path = path.join("::");
                let whole = format!("::{path}::");
                if what
                    .iter()
                    .any(|what| whole.contains(&format!("::{what}::")))
                {
                    found.insert(format!("{file}:{line} must not speak of {path}"));
                }
            }
        }
    });
    sorted(found)
}

/// `unsafe` stands in its rooms alone.
pub fn unsafe_in_its_rooms(tree: &Tree, rooms: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for package in tree.packages() {
        let folder = format!("{}/src", package.folder);
        for file in tree.sources(&folder) {
            if rooms.iter().any(|room| is_room(file, room)) {
                continue;
            }
            let tokens = tokens(&tree.text(file));
            // `#[unsafe(no_mangle)]` is an attribute.
            let places = tokens
                .windows(2)
                .filter(|pair| pair[0].is("unsafe") && !pair[1].is("("));
            found.extend(
                places.map(|pair| format!("{file}:{}: `unsafe` outside its rooms", pair[0].line)),
            );
        }
    }
    found
}

/// Modules are `x.rs` and `x/`, in all sources.
pub fn no_mod_rs(tree: &Tree) -> Vec<String> {
    let old = tree
        .files
        .iter()
        .filter(|file| file.ends_with("/src/mod.rs") || is_mod_rs(file));
    old.map(|file| format!("{file}: call it after its folder"))
        .collect()
}

/// Helpers of integration tests are `tests/support/mod.rs`, or cargo takes them for tests.
fn is_mod_rs(file: &str) -> bool {
    file.ends_with("/mod.rs") && file.contains("/src/")
}

/// How documents cite.
#[derive(Clone, Copy, Debug)]
pub struct Cited<'r> {
    /// Prefixes of paths that the document leaves out.
    pub bases: &'r [&'r str],
    /// What a name of ours begins with (`probe::block`).
    pub ours: &'r [&'r str],
    /// Folders that commands make.
    pub made: &'r [&'r str],
}

/// What a document cites in code marks is there: files and folders by their path or the end of it,
/// names of ours by the word behind the last `::`.
pub fn citations(tree: &Tree, document: &str, how: &Cited<'_>) -> Vec<String> {
    let text = tree.text(document);
    if text.is_empty() {
        return vec![format!("{document} is gone")];
    }
    let mut found = Vec::new();
    for cited in code_marks(&text) {
        if let Some((first, _)) = cited.split_once("::") {
            let name = cited.rsplit("::").next().unwrap_or(cited);
            let name: String = name
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if how.ours.contains(&first) && !is_defined(tree, &name) {
                found.push(format!(
                    "{document} cites `{cited}`: nothing is called {name}"
                ));
            }
        } else if is_path(cited) && !how.made.contains(&cited) && !is_there(tree, cited, how.bases)
        {
            found.push(format!(
                "{document} cites `{cited}`: there is no such file or folder"
            ));
        }
    }
    found
}

/// Lines of prose are at most `most` characters wide; tables, blocks and pictures are as wide as
/// they are.
pub fn prose_width(tree: &Tree, document: &str, most: usize) -> Vec<String> {
    let text = tree.text(document);
    let lines = text.lines().map(Some);
    too_wide(document, lines.zip(text.lines()), most)
}

/// The same of the comments that stand on lines of their own, in the sources below a folder.
pub fn comment_width(tree: &Tree, folder: &str, most: usize) -> Vec<String> {
    let files = tree.sources(folder);
    let found = files.flat_map(|file| {
        let text = tree.text(file);
        let comments = text.lines().map(|line| {
            let comment = line.trim_start().strip_prefix("//")?;
            let said = comment.trim_start_matches(['/', '!']);
            Some(said.strip_prefix(' ').unwrap_or(said))
        });
        too_wide(file, comments.zip(text.lines()), most)
    });
    found.collect()
}

/// The lines of prose that are wider than `most`, of lines as prose, if they are any, and as they
/// stand.
fn too_wide<'t>(
    file: &str,
    lines: impl Iterator<Item = (Option<&'t str>, &'t str)>,
    most: usize,
) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (at, (prose, line)) in lines.enumerate() {
        let Some(prose) = prose else {
            fenced = false;
            continue;
        };
        fenced ^= prose.starts_with("```");
        let as_it_is = ["|", "    ", "!["];
        let is_prose = !fenced && !as_it_is.iter().any(|sign| prose.starts_with(sign));
        let width = line.chars().count();
        if is_prose && width > most {
            found.push(format!(
                "{file}:{} is {width} characters wide, {most} at most",
                at + 1
            ));
        }
    }
    found
}

/// What stands between single backticks, outside of blocks, and where links lead.
fn code_marks(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if !fenced && !line.starts_with("    ") {
            found.extend(line.split('`').skip(1).step_by(2));
            let links = line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next());
            found.extend(links.filter(|link| !link.contains("://") && !link.starts_with('#')));
        }
    }
    found
}

const ENDINGS: [&str; 8] = [
    ".rs", ".md", ".toml", ".py", ".sh", ".ini", ".ipynb", ".css",
];

fn is_path(cited: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-./".contains(c);
    let bare = cited.chars().all(plain) && !cited.starts_with('/') && !cited.starts_with('.');
    // A command's option, a media type (`text/html`) and a file that is only an ending are none.
    bare && cited.len() > 3
        && (ENDINGS.iter().any(|ending| cited.ends_with(ending)) || cited.ends_with('/'))
}

fn is_there(tree: &Tree, cited: &str, bases: &[&str]) -> bool {
    let folder = cited.trim_end_matches('/');
    let ends = format!("/{folder}");
    tree.files.iter().any(|file| {
        if cited.ends_with('/') {
            bases
                .iter()
                .any(|base| is_below(file, &format!("{base}{folder}")))
                || file.contains(&format!("{ends}/"))
        } else {
            file == cited || file.ends_with(&ends)
        }
    })
}

fn is_defined(tree: &Tree, name: &str) -> bool {
    const DEFINING: [&str; 9] = [
        "fn", "struct", "enum", "trait", "type", "const", "static", "mod", "union",
    ];
    let defines = |file: &String| {
        let text = tree.text(file);
        text.contains(name)
            && tokens(&text).windows(2).any(|pair| {
                pair[1].kind == Kind::Word
                    && pair[1].text == name
                    && DEFINING.iter().any(|word| pair[0].is(word))
            })
    };
    tree.sources("kernel").any(defines)
}

fn sorted(found: HashSet<String>) -> Vec<String> {
    let mut found: Vec<String> = found.into_iter().collect();
    found.sort();
    found
}
