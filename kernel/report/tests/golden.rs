//! Every recording in `tests/recordings` gives the bytes in `tests/golden`, in every format.
//!
//! After a change that is meant: `UPDATE_EXPECT=1 cargo test -p report --test golden`, then look at
//! the difference, and at the pictures (`--example gallery`).

#[path = "language/language.rs"]
mod language;

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use language::{Recording, recording};
use report::{CsvTable, HtmlOptions, Input, Report, SvgOptions, TextOptions};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// All recordings, by name.
fn recordings() -> Vec<(String, Recording)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder("recordings"))
        .expect("the recordings are beside the tests")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    assert!(files.len() >= 12, "{} recordings", files.len());
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("a readable recording");
            (
                file.file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                recording(&text),
            )
        })
        .collect()
}

fn build(it: &Recording) -> Report {
    report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .expect("a report")
}

#[test]
fn every_format_is_as_agreed() {
    for (name, it) in recordings() {
        let report = build(&it);
        let (mut text, mut html, mut svg, mut csv) =
            (String::new(), String::new(), String::new(), String::new());
        report::text(&report, &mut text, &TextOptions::default()).unwrap();
        report::html(&report, &mut html, &HtmlOptions::default()).unwrap();
        report::svg(&report, &mut svg, &SvgOptions { standalone: true }).unwrap();
        report::csv(&report, &mut csv, CsvTable::All).unwrap();
        let mut trace = Vec::new();
        let input = Input {
            snapshot: &it.snapshot,
            context: &it.context,
        };
        report::trace_events(&input, &mut trace).unwrap();
        let trace = String::from_utf8(trace).unwrap();
        // The picture within the page is checked by itself; base64 tells a reader nothing.
        let page = without_base64(&html).replace("><", ">\n<");
        let golden = |ending: &str| folder("golden").join(format!("{name}.{ending}"));
        expect_file![golden("txt")].assert_eq(&text);
        expect_file![golden("html")].assert_eq(&page);
        expect_file![golden("svg")].assert_eq(&svg.replace("><", ">\n<"));
        expect_file![golden("json")].assert_eq(&format!("{:#}\n", report.to_json()));
        expect_file![golden("csv")].assert_eq(&csv.replace("\r\n", "\n"));
        expect_file![golden("trace.json")].assert_eq(&trace);
    }
}

fn without_base64(html: &str) -> String {
    let mark = "data:image/svg+xml;base64,";
    match html.split_once(mark) {
        Some((before, rest)) => {
            let end = rest.find('"').expect("the attribute ends");
            format!("{before}{mark}…{}", &rest[end..])
        }
        None => html.to_owned(),
    }
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    for (name, it) in recordings() {
        let page = |it: &Recording| {
            let mut html = String::new();
            report::html(&build(it), &mut html, &HtmlOptions::default()).unwrap();
            html + &build(it).to_json().to_string()
        };
        let text = fs::read_to_string(folder("recordings").join(format!("{name}.txt"))).unwrap();
        assert_eq!(page(&it), page(&recording(&text)), "{name}");
    }
}

#[test]
fn text_fits_the_page_and_holds_no_control_character() {
    for (name, it) in recordings() {
        for width in [40, 80, 120] {
            let mut text = String::new();
            let options = TextOptions {
                width,
                ..TextOptions::default()
            };
            report::text(&build(&it), &mut text, &options).unwrap();
            for line in text.lines() {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(
                    columns <= width,
                    "{name} at {width}: {columns} columns in {line:?}"
                );
            }
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        }
        let mut coloured = String::new();
        let options = TextOptions {
            ansi: true,
            ..TextOptions::default()
        };
        report::text(&build(&it), &mut coloured, &options).unwrap();
        // Whatever an escape sequence is followed by, it is one of ours.
        for sequence in coloured.split('\u{1b}').skip(1) {
            assert!(sequence.starts_with('['), "{name}");
            let end = sequence.find('m').expect("a colour ends with m");
            assert!(
                sequence[1..end]
                    .chars()
                    .all(|c| c.is_ascii_digit() || c == ';'),
                "{name}"
            );
        }
    }
}

#[test]
fn markup_is_well_formed_and_asks_nothing_of_the_network() {
    for (name, it) in recordings() {
        let mut html = String::new();
        report::html(&build(&it), &mut html, &HtmlOptions::default()).unwrap();
        well_formed(&name, &html);
        assert!(
            !html.contains("<script") && !html.contains("<img/onerror"),
            "{name}"
        );
        for attribute in ["url(http", "@import"] {
            assert!(!html.contains(attribute), "{name}: {attribute}");
        }
        for (position, _) in html.match_indices("://") {
            assert!(
                html[..position].ends_with("xmlns=\"http"),
                "{name}: an address"
            );
        }
    }
}

/// Whether tags open and close in order, and ids are unique.
fn well_formed(name: &str, html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let end = start
            + rest[start..]
                .find('>')
                .unwrap_or_else(|| panic!("{name}: a tag ends"));
        let tag = &rest[start + 1..end];
        let word = tag
            .split([' ', '/'])
            .find(|word| !word.is_empty())
            .unwrap_or("");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(word), "{name}");
        } else if !tag.ends_with('/') && !matches!(word, "br" | "img") {
            open.push(word);
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{name}: quotes in {tag}");
        // Attributes are what stands outside quotes.
        let names: String = tag.split('"').step_by(2).collect();
        assert!(
            !names.contains(" on") && !names.contains("href"),
            "{name}: {tag}"
        );
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{name}: {open:?}");
    let mut ids: Vec<&str> = html
        .match_indices(" id=\"")
        .map(|(at, _)| &html[at + 5..])
        .collect();
    ids.iter_mut()
        .for_each(|id| *id = id.split('"').next().unwrap());
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{name}: an id twice");
}

#[test]
fn reports_on_one_page_share_no_id() {
    let mut seen: Vec<String> = Vec::new();
    // `:report` shows a cell's report once more.
    let showings = |(name, it): (&String, &Recording)| {
        [(name.clone(), build(it), 0), (name.clone(), build(it), 1)]
    };
    let recordings = recordings();
    let recordings = recordings.iter().map(|(name, it)| (name, it));
    for (name, report, shown_before) in recordings.flat_map(showings) {
        let mut html = String::new();
        let options = HtmlOptions {
            shown_before,
            ..HtmlOptions::default()
        };
        report::html(&report, &mut html, &options).unwrap();
        for (at, _) in html.match_indices(" id=\"") {
            let id = html[at + 5..].split('"').next().unwrap().to_owned();
            assert!(!seen.contains(&id), "{name}: {id}");
            seen.push(id);
        }
    }
}

#[test]
fn a_deadlock_has_an_error_text_with_names_and_lines() {
    for (name, it) in recordings() {
        let Some((one_line, lines)) = report::deadlock_error(&build(&it)) else {
            assert!(it.snapshot.verdicts.is_empty(), "{name}");
            continue;
        };
        assert!(!one_line.contains('\n'), "{name}");
        for edge in &build(&it).findings[0].edges {
            assert!(lines.contains(&edge.label), "{name}: {lines}");
        }
        assert!(lines.contains("line "), "{name}: {lines}");
    }
}
