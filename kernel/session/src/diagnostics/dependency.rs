//! What cargo says of a `:dep` or an `extern crate`, without what is about the manifest that evcxr
//! makes up to try it.

use toolchain::recipe::CELL_CRATE;

/// Versions are listed up to here.
const VERSIONS: usize = 5;

/// What evcxr puts around cargo's words when rustc said nothing.
const BEFORE: &str = "Compilation failed, but no parsable errors were found. STDERR:\n";
const AFTER: &str = "\nSTDOUT:";

/// Cargo's words as they are shown; others stay as they are.
pub(crate) fn told(message: &str) -> String {
    let message = match message.strip_prefix(BEFORE) {
        Some(said) if said.starts_with("error: ") => said.split(AFTER).next().unwrap_or(said),
        _ => message,
    };
    let is_retry = |line: &&str| line.starts_with("warning: spurious network error");
    let mut lines = message.lines().skip_while(is_retry).peekable();
    let Some(first) = lines.peek().and_then(|line| line.strip_prefix("error: ")) else {
        return message.to_owned();
    };
    let mut told = vec![first.to_owned()];
    let mut in_manifest = false;
    for line in lines.skip(1) {
        let is_margin = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        in_manifest = line.trim_start().starts_with("--> Cargo.toml")
            || in_manifest && is_margin.starts_with('|');
        let is_second_blank = line.is_empty() && told.last().is_some_and(String::is_empty);
        if !in_manifest && !is_second_blank {
            told.push(shortened(line));
        }
    }
    told.join("\n").trim_end().to_owned()
}

fn shortened(line: &str) -> String {
    const LISTS: &str = "versions that meet the requirements";
    let mut commas = line.match_indices(", ").map(|(at, _)| at);
    match commas.nth(VERSIONS - 1) {
        Some(end) if line.trim_start().starts_with(LISTS) => format!("{}, …", &line[..end]),
        _ => of_the_notebook(line).replace(
            "package `evcxr_dummy_validate_dep` depends",
            "the notebook depends",
        ),
    }
}

/// The line with the notebook in the place of the package that a cell is compiled as.
fn of_the_notebook(line: &str) -> String {
    let package = format!("package `{CELL_CRATE} v");
    let Some((before, rest)) = line.split_once(&package) else {
        return line.to_owned();
    };
    let after = rest.split_once('`').map_or("", |(_, after)| after);
    format!("{before}the notebook{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_told_without_the_manifest_that_nobody_wrote() {
        let said = "error: failed to select a version for `serde`.\nversions that meet the requirements `^1` are: 1.6, 1.5, 1.4, 1.3, 1.2, 1.1\n\npackage `evcxr_dummy_validate_dep` depends on `serde` with feature `nope`\n\n\nend\n";
        assert_eq!(
            told(said),
            "failed to select a version for `serde`.\nversions that meet the requirements `^1` are: 1.6, 1.5, 1.4, 1.3, 1.2, …\n\nthe notebook depends on `serde` with feature `nope`\n\nend"
        );
        let said = "Compilation failed, but no parsable errors were found. STDERR:\nerror: no matching package found\nsearched package name: `a_b`\nrequired by package `ctx v1.0.0 (/tmp/x)`\n\nSTDOUT:\n\n";
        assert_eq!(
            told(said),
            "no matching package found\nsearched package name: `a_b`\nrequired by the notebook"
        );
        let said = "error: invalid basic string, expected `\"`\n  --> Cargo.toml:11:14\n   |\n11 |     itoa = \"1\n   |              ^\n";
        assert_eq!(told(said), "invalid basic string, expected `\"`");
        let said =
            "warning: spurious network error (1 try remaining): x\nerror: failed to get `a`\n";
        assert_eq!(told(said), "failed to get `a`");
        assert_eq!(told(":dep requires arguments"), ":dep requires arguments");
    }
}
