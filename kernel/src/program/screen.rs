//! What a kernel sends, on a terminal and in files.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use client::Message;
use serde_json::Value;

use super::arguments::{Wanted, Way};

/// What is found, as data.
const REPORT: &str = "application/vnd.fearless.report+json";
const EXPLORED: &str = "application/vnd.fearless.explore+json";
/// How the displays begin that show how far the compiler is.
const PROGRESS: &str = "fearless-progress-";

/// Where outputs go. What is printed goes on at once; what is found is kept until the end.
#[derive(Default)]
pub struct Screen {
    /// The last report, or what exploring has found, in all its forms.
    found: Option<Value>,
    /// Why the program failed.
    error: Option<Message>,
    /// A line stands on the terminal that the next one replaces.
    has_status: bool,
    /// Whether the program has printed something, and where the cursor is then.
    printed: Option<char>,
}

impl Screen {
    /// Takes one output.
    ///
    /// # Errors
    /// Standard output or error can't be written to.
    pub fn take(&mut self, output: Message) -> io::Result<()> {
        match output.kind.as_str() {
            "stream" => self.print(output.text("name"), output.text("text")),
            "display_data" | "update_display_data" => self.display(&output.content),
            "error" => {
                self.error = Some(output);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn print(&mut self, stream: &str, text: &str) -> io::Result<()> {
        self.clear_status()?;
        self.printed = text.chars().next_back().or(self.printed);
        if stream == "stderr" {
            return write_all(&mut io::stderr(), text);
        }
        write_all(&mut io::stdout(), text)
    }

    fn display(&mut self, content: &Value) -> io::Result<()> {
        let data = &content["data"];
        let id = content["transient"]["display_id"].as_str().unwrap_or("");
        let text = data["text/plain"].as_str().unwrap_or("").trim_end();
        if !data[EXPLORED].is_null() {
            let runs = data[EXPLORED]["schedules"].as_u64().unwrap_or(0);
            self.found = Some(data.clone());
            return self.status(&format!("{runs} schedules so far"));
        }
        if !data[REPORT].is_null() {
            self.found = Some(data.clone());
            return Ok(());
        }
        if id.starts_with(PROGRESS) {
            return self.status(text);
        }
        // With an id, it is the report of a program that still runs.
        match id.is_empty() && !text.is_empty() {
            true => self.note(text),
            false => Ok(()),
        }
    }

    /// Says something of the kernel's own.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        self.clear_status()?;
        write_all(&mut io::stderr(), &format!("{text}\n"))
    }

    /// Shows a line that the next one replaces; only where somebody looks.
    fn status(&mut self, text: &str) -> io::Result<()> {
        self.clear_status()?;
        let line = text.lines().next().unwrap_or("");
        if line.is_empty() || !io::stderr().is_terminal() {
            return Ok(());
        }
        self.has_status = true;
        write_all(&mut io::stderr(), line)
    }

    fn clear_status(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.has_status) {
            true => write_all(&mut io::stderr(), "\r\x1b[K"),
            false => Ok(()),
        }
    }

    /// What exploring has found, if the program was explored.
    pub fn explored(&self) -> Option<&Value> {
        Some(&self.found.as_ref()?[EXPLORED]).filter(|found| !found.is_null())
    }

    /// Shows what was found, and why the program failed.
    ///
    /// # Errors
    /// As for [`take`](Self::take).
    pub fn finish(&mut self) -> io::Result<()> {
        self.clear_status()?;
        let is_explored = self.explored().is_some();
        if let Some(found) = &self.found {
            let gap = match self.printed {
                None => "",
                Some('\n') => "\n",
                Some(_) => "\n\n",
            };
            let text = found["text/plain"].as_str().unwrap_or("").trim_end();
            write_all(&mut io::stdout(), &format!("{gap}{text}\n"))?;
        }
        // Of an exploration, the error says once more what the first line does.
        match &self.error {
            Some(error) if !is_explored => {
                let text = traceback(error, colours(&io::stderr()));
                write_all(&mut io::stderr(), &text)
            }
            _ => Ok(()),
        }
    }

    /// Writes what was found to the files that were asked for. Where nothing was, that is said.
    ///
    /// # Errors
    /// One sentence: a file can't be written.
    pub fn write_files(&mut self, wanted: &Wanted, ran: bool) -> Result<(), String> {
        if wanted.html.is_none() && wanted.json.is_none() {
            return Ok(());
        }
        let Some(found) = &self.found else {
            let why = match wanted.way {
                _ if !ran => "the program did not run",
                Way::Run => "the program used no thread, lock or channel",
                Way::Explore(_) | Way::Replay(_) => "no order that fails is to be shown",
            };
            let words = format!("fearless: no file is written: {why}");
            return self.note(&words).map_err(|error| error.to_string());
        };
        if let Some(path) = &wanted.html {
            let body = found["text/html"].as_str().unwrap_or("");
            write_file(path, &page(&wanted.file, body))?;
        }
        if let Some(path) = &wanted.json {
            let data = match &found[EXPLORED] {
                Value::Null => &found[REPORT],
                explored => explored,
            };
            write_file(path, &format!("{data:#}\n"))?;
        }
        Ok(())
    }
}

/// A page of its own for HTML that stands in notebooks.
fn page(title: &str, body: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}: Fearless</title>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
}

fn write_file(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text)
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

fn write_all(to: &mut dyn Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// Whether what is written there may have colours (<https://no-color.org>).
fn colours(to: &impl IsTerminal) -> bool {
    to.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// What a notebook shows of an error.
fn traceback(error: &Message, colours: bool) -> String {
    let lines = error.content["traceback"].as_array();
    let lines = lines.into_iter().flatten().filter_map(Value::as_str);
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    match colours {
        true => text,
        false => client::plain(&text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::arguments::Way;
    use super::*;

    fn message(kind: &str, content: Value) -> Message {
        Message {
            kind: kind.to_owned(),
            parent: String::new(),
            content,
            header: serde_json::Map::new(),
        }
    }

    #[test]
    fn the_last_that_was_found_is_kept() {
        let mut screen = Screen::default();
        for runs in [1, 2] {
            let data = json!({"text/plain": "", EXPLORED: {"schedules": runs}});
            let kind = if runs == 1 {
                "display_data"
            } else {
                "update_display_data"
            };
            screen.take(message(kind, json!({"data": data}))).unwrap();
        }
        assert_eq!(screen.explored(), Some(&json!({"schedules": 2})));
    }

    #[test]
    fn a_page_and_data_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| Some(folder.path().join(name));
        let mut wanted = Wanted {
            way: Way::Run,
            file: "a<b.rs".into(),
            html: at("p.html"),
            json: at("d.json"),
        };
        let mut screen = Screen::default();
        let data = json!({"text/html": "<b>report</b>", REPORT: {"threads": []}});
        screen
            .take(message("display_data", json!({"data": data})))
            .unwrap();
        screen.write_files(&wanted, true).unwrap();
        let page = std::fs::read_to_string(folder.path().join("p.html")).unwrap();
        assert!(
            page.contains("a&lt;b.rs") && page.contains("<b>report</b>"),
            "{page}"
        );
        let data = std::fs::read_to_string(folder.path().join("d.json")).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&data).unwrap(),
            json!({"threads": []})
        );
        wanted.json = at("no/such");
        let refused = screen.write_files(&wanted, true).unwrap_err();
        assert!(refused.starts_with("cannot write"), "{refused}");
    }

    #[test]
    fn colours_are_for_terminals() {
        let error = message(
            "error",
            json!({"traceback": ["\x1b[31merror\x1b[0m: no", "  help"]}),
        );
        assert_eq!(traceback(&error, false), "error: no\n  help\n");
        assert!(traceback(&error, true).starts_with('\x1b'));
    }
}
