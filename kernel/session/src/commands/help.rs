//! `:help`, and completion of commands: evcxr's and ours together.

use super::parse::{OURS, unknown};
use crate::assist::cursor::byte_of;
use jupyter::{CompletionType, Completions, MimeBundle};
use report::{escaped, framed, prose};
use serde_json::json;

/// evcxr's commands and what they do, in our words.
const THEIRS: [(&str, &str); 20] = [
    (":build_env", "Set a variable for the compiler: NAME=VALUE"),
    (
        ":cache",
        "Size of evcxr's compile cache in MiB; Fearless shares dependencies without it",
    ),
    (
        ":clear",
        "Forget all variables and items, keep compiled dependencies",
    ),
    (":clear_cache", "Empty evcxr's compile cache"),
    (
        ":codegen_backend",
        "Which code generator rustc uses (nightly)",
    ),
    (":dep", "Add a dependency: `:dep rayon = \"1\"`"),
    (":efmt", "How errors returned by `?` are printed"),
    (
        ":env",
        "Set an environment variable, for the next cell process",
    ),
    (":internal_debug", "Toggle evcxr's own debugging"),
    (":last_compile_dir", "Where the last cell was compiled"),
    (":linker", "Which linker is used: system, lld, mold"),
    (":load_config", "Read evcxr's configuration again"),
    (":offline", "Whether to work without the network (0|1)"),
    (":opt", "Optimisation of cells: 0, 1, 2, 3 (default 0)"),
    (
        ":preserve_vars_on_panic",
        "Whether variables survive a panic (0|1)",
    ),
    (
        ":restart",
        "Start the cell process anew; variables are lost",
    ),
    (":sccache", "Whether to use sccache (0|1)"),
    (":show_deps", "List the dependencies"),
    (":time_passes", "Time of each pass of rustc (nightly)"),
    (":toolchain", "Which toolchain compiles cells"),
];

/// The names of evcxr's commands.
pub const EVCXR: &[&str] = &{
    let mut names = [""; THEIRS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = THEIRS[index].0;
        index += 1;
    }
    names
};

fn lines() -> Vec<(String, &'static str)> {
    let ours = OURS.iter().map(|(name, arguments, meaning)| {
        (format!("{name} {arguments}").trim().to_owned(), *meaning)
    });
    let theirs = THEIRS
        .iter()
        .map(|(name, meaning)| ((*name).to_owned(), *meaning));
    let mut lines: Vec<_> = ours.chain(theirs).collect();
    lines.sort();
    lines
}

/// What one looks for, and the commands for it; those that stand in no group come last.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "See what a cell did",
        &[
            ":report", ":check", ":trace", ":threads", ":tasks", ":timing", ":record",
        ],
    ),
    (
        "Run a cell in another way",
        &[
            ":main", ":file", ":repeat", ":explore", ":replay", ":edition", ":opt",
        ],
    ),
    (
        "Types, values and documentation",
        &[
            ":send",
            ":doc",
            ":vars",
            ":type",
            ":types",
            ":fmt",
            ":efmt",
            ":explain",
            ":last_error_json",
        ],
    ),
    ("Crates", &[":dep", ":show_deps", ":offline"]),
    (
        "The session",
        &[
            ":help",
            ":restart",
            ":clear",
            ":quit",
            ":env",
            ":preserve_vars_on_panic",
            ":version",
        ],
    ),
];
/// The heading of the rest.
const REST: &str = "The compiler, and evcxr underneath";

/// Lines by group, with the groups' headings.
fn groups() -> Vec<(&'static str, Vec<(String, &'static str)>)> {
    let mut rest = lines();
    let name = |line: &(String, &str)| line.0.split(' ').next().map(str::to_owned);
    let mut take = |wanted: &&str| {
        let found = rest
            .iter()
            .position(|line| name(line).as_deref() == Some(wanted));
        Some(rest.remove(found?))
    };
    let mut groups: Vec<_> = GROUPS
        .iter()
        .map(|(heading, names)| (*heading, names.iter().filter_map(&mut take).collect()))
        .collect();
    groups.push((REST, rest));
    groups
}

/// All commands as text and table.
pub fn all() -> MimeBundle {
    page(
        "Commands, one on a line of its own before the code",
        groups(),
    )
}

/// What may be asked for: the commands, without their colons.
pub fn topics() -> Vec<String> {
    let usages = lines().into_iter();
    usages.map(|(usage, _)| topic(&usage).to_owned()).collect()
}

/// The name of a command, by its usage, without its colon.
fn topic(usage: &str) -> &str {
    usage[1..].split(' ').next().unwrap_or_default()
}

/// The command of a name, or all that have to do with a word.
///
/// # Errors
/// That there is none, and which is near.
pub fn on(asked: &str) -> Result<MimeBundle, String> {
    let word = asked.trim_start_matches(':').to_lowercase();
    let speaks = |usage: &str, meaning: &str| {
        let says = |text: &str| text.to_lowercase().contains(&word);
        !usage.starts_with(":help") && (says(usage) || says(meaning))
    };
    let of = |wanted: &dyn Fn(&str, &str) -> bool| {
        let mut found = groups();
        for (_, lines) in &mut found {
            lines.retain(|(usage, meaning)| wanted(usage, meaning));
        }
        found.retain(|(_, lines)| !lines.is_empty());
        found
    };
    let mut found = of(&|usage, _| topic(usage) == word);
    if found.is_empty() {
        found = of(&speaks);
    }
    match found.is_empty() {
        true => Err(unknown(&format!(":{word}"), EVCXR)),
        false => Ok(page(&format!("Commands on `{asked}`"), found)),
    }
}

/// Commands under a caption.
fn page(caption: &str, groups: Vec<(&str, Vec<(String, &str)>)>) -> MimeBundle {
    let mut text = format!("{caption}\n");
    let mut html = format!("<p class=\"fl-story\"><b>{}</b></p>", prose(caption));
    let usages = groups.iter().flat_map(|(_, lines)| lines);
    let width = usages.map(|(usage, _)| usage.len()).max().unwrap_or(0);
    for (heading, lines) in groups {
        text.push_str(&format!("\n{heading}\n"));
        html.push_str(&format!(
            "<p><b>{heading}</b></p><table><caption>{heading}</caption><tbody>"
        ));
        for (name, meaning) in lines {
            text.push_str(&format!("  {name:width$}  {meaning}\n"));
            html.push_str(&format!(
                "<tr><th scope=\"row\" style=\"white-space:normal;max-width:22em;border:0\">\
                 <code>{}</code></th><td style=\"white-space:normal\">{}</td></tr>",
                escaped(&name),
                prose(meaning)
            ));
        }
        html.push_str("</tbody></table>");
    }
    let html = framed(&text, &html);
    MimeBundle::from_iter([
        ("text/plain".to_owned(), json!(text)),
        ("text/html".to_owned(), json!(html)),
    ])
}

/// Completions of a command whose name is being typed; `None` when the cursor isn't in one.
pub fn complete_command(code: &str, cursor: usize) -> Option<Completions> {
    let before: String = code.chars().take(cursor).collect();
    let line = before.rsplit('\n').next().unwrap_or("");
    let typed = line.trim_start_matches(' ');
    if !typed.starts_with(':') || typed.contains(' ') {
        return None;
    }
    let length = typed.chars().count();
    let names: Vec<String> = lines()
        .into_iter()
        .map(|(name, _)| name.split(' ').next().unwrap_or_default().to_owned())
        .filter(|name| name.starts_with(typed))
        .collect();
    Some(Completions {
        start: cursor.min(before.chars().count()) - length,
        end: cursor,
        types: names
            .iter()
            .map(|_| CompletionType {
                kind: "magic".into(),
                signature: String::new(),
            })
            .collect(),
        matches: names,
    })
}

/// What the command does whose name the cursor is in; `None` when it isn't in one.
pub fn about_command(code: &str, cursor: usize) -> Option<MimeBundle> {
    let at = byte_of(code, cursor);
    let start = code[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = code[start..].trim_start_matches(' ');
    let name = line
        .split(char::is_whitespace)
        .next()
        .filter(|name| name.starts_with(':') && at <= code.len() - line.len() + name.len())?;
    let (usage, meaning) = lines()
        .into_iter()
        .find(|(usage, _)| usage.split(' ').next() == Some(name))?;
    let text = format!("{usage}\n\n{meaning}");
    Some(MimeBundle::from_iter([(
        "text/plain".to_owned(),
        json!(text),
    )]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_both_complete() {
        let found = complete_command("let a = 1;\n:re", 14).unwrap();
        assert_eq!(
            found.matches,
            [":record", ":repeat", ":replay", ":report", ":restart"]
        );
        assert_eq!((found.start, found.end), (11, 14));
        assert!(complete_command("a::b", 4).is_none());
    }

    #[test]
    fn help_has_each_command_once() {
        let grouped: Vec<_> = groups().into_iter().flat_map(|(_, lines)| lines).collect();
        let mut sorted = grouped.clone();
        sorted.sort();
        assert_eq!(sorted, lines());
        let ours_and_rest = groups().pop().map(|(_, rest)| rest).unwrap();
        let is_ours =
            |line: &(String, &str)| OURS.iter().any(|(ours, ..)| line.0.starts_with(ours));
        assert_eq!(ours_and_rest.iter().find(|line| is_ours(line)), None);
    }

    #[test]
    fn help_on_a_topic_has_that_alone() {
        let on = |topic| on(topic).map(|page| page["text/plain"].as_str().unwrap().to_owned());
        let one = on("explore").unwrap();
        assert!(
            one.contains(":explore [N|30s|all]") && !one.contains(":repeat"),
            "{one}"
        );
        assert_eq!(on(":repeat").unwrap().matches("\n  :").count(), 1);
        let several = on("thread").unwrap();
        assert!(
            several.contains(":threads on|off") && !several.contains(":dep"),
            "{several}"
        );
        let none = "there is no command `:explroe`: did you mean `:explore`? `:help` lists all";
        assert_eq!(on("explroe"), Err(none.to_owned()));
        assert!(topics().contains(&"explore".to_owned()));
    }

    #[test]
    fn a_command_is_explained_where_its_name_stands() {
        let about =
            |code: &str, cursor| Some(about_command(code, cursor)?["text/plain"].to_string());
        assert!(about("let é = 1;\n  :dep serde", 16).is_some_and(|text| text.contains("rayon")));
        assert!(about(":trace save x", 3).is_some_and(|text| text.contains("save FILE")));
        assert_eq!(about(":dep serde", 7), None);
        assert_eq!(about("a::dep", 4), None);
        assert_eq!(about(":xyzzy", 3), None);
        assert_eq!(about("", 0), None);
    }
}
