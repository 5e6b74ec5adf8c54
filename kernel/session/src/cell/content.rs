//! Rich content that a cell prints between evcxr's markers, put together into bundles; for people
//! it is explained in `docs/display.md`.
//!
//! ```text
//! EVCXR_BEGIN_CONTENT text/html
//! <b>bold</b>
//! EVCXR_END_CONTENT
//! ```
//!
//! Blocks of different types that follow each other are one output in several representations.
//! Blocks of type `application/vnd.fearless.display+json` are instructions: `{"clear": true,
//! "wait": false}`, or `{"display_id": "x", "update": true, "data": {"text/plain": "…"}}`.

use jupyter::MimeBundle;
use serde::Deserialize;
use serde_json::Value;

const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";
const INSTRUCTION: &str = "application/vnd.fearless.display+json";

/// What a cell asks of the front end.
#[derive(Clone, Debug, PartialEq)]
pub enum Display {
    /// Show a bundle.
    Show(MimeBundle),
    /// Show a bundle that can be replaced later.
    ShowAs(String, MimeBundle),
    /// Replace what was shown under this id.
    Update(String, MimeBundle),
    /// Tell the person what was wrong with it.
    Wrong(String),
    /// Remove the cell's output, now or when more comes.
    Clear {
        /// Wait for the next output.
        wait: bool,
    },
}

#[derive(Deserialize)]
struct Instruction {
    #[serde(default)]
    clear: bool,
    #[serde(default)]
    wait: bool,
    #[serde(default)]
    display_id: Option<String>,
    #[serde(default)]
    update: bool,
    #[serde(default)]
    data: MimeBundle,
}

/// Collects one thread's blocks.
#[derive(Debug, Default)]
pub struct Collector {
    bundle: MimeBundle,
}

impl Collector {
    /// Adds printed text, markers included; returns what is complete because something else follows
    /// it.
    pub fn push(&mut self, text: &str) -> Vec<Display> {
        let mut ready = Vec::new();
        let mut rest = text;
        while let Some(begin) = rest.find(BEGIN) {
            rest = &rest[begin + BEGIN.len()..];
            let (mime, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let (content, after) = split_at_end(after);
            rest = after;
            self.block(mime.trim(), content, &mut ready);
        }
        ready
    }

    fn block(&mut self, mime: &str, content: &str, ready: &mut Vec<Display>) {
        if mime == INSTRUCTION {
            ready.extend(self.finish());
            match serde_json::from_str(content) {
                Ok(instruction) => ready.push(instruct(instruction)),
                Err(error) => ready.push(wrong(mime, &error)),
            }
            return;
        }
        if self.bundle.contains_key(mime) {
            ready.extend(self.finish());
        }
        let is_json = mime == "application/json" || mime.ends_with("+json");
        let value = match is_json.then(|| serde_json::from_str(content)) {
            None => Value::from(content),
            Some(Ok(value)) => value,
            Some(Err(error)) => return ready.push(wrong(mime, &error)),
        };
        self.bundle.insert(mime.to_owned(), value);
    }

    /// What has been collected, if anything; called when something else was printed or the cell
    /// ended.
    pub fn finish(&mut self) -> Option<Display> {
        let bundle = std::mem::take(&mut self.bundle);
        (!bundle.is_empty()).then_some(Display::Show(bundle))
    }
}

/// What is said of content that is not what its type says.
fn wrong(mime: &str, error: &serde_json::Error) -> Display {
    Display::Wrong(format!(
        "what the cell displays as {mime} is not understood, and not shown: {error}\n"
    ))
}

fn split_at_end(text: &str) -> (&str, &str) {
    if let Some(rest) = text.strip_prefix(END) {
        return ("", rest);
    }
    text.split_once("\nEVCXR_END_CONTENT").unwrap_or((text, ""))
}

fn instruct(instruction: Instruction) -> Display {
    match instruction {
        Instruction {
            clear: true, wait, ..
        } => Display::Clear { wait },
        Instruction {
            display_id: Some(id),
            update: true,
            data,
            ..
        } => Display::Update(id, data),
        Instruction {
            display_id: Some(id),
            data,
            ..
        } => Display::ShowAs(id, data),
        Instruction { data, .. } => Display::Show(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bundle(value: Value) -> MimeBundle {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn representations_of_one_thing_are_one_bundle() {
        let mut collector = Collector::default();
        let text = "EVCXR_BEGIN_CONTENT text/html\n<b>1</b>\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/plain\n1\n2\nEVCXR_END_CONTENT\n";
        assert_eq!(collector.push(text), []);
        let expected = bundle(json!({"text/html": "<b>1</b>", "text/plain": "1\n2"}));
        assert_eq!(collector.finish(), Some(Display::Show(expected)));
        assert_eq!(collector.finish(), None);
    }

    #[test]
    fn a_type_that_comes_again_begins_a_new_bundle() {
        let mut collector = Collector::default();
        collector.push("EVCXR_BEGIN_CONTENT text/plain\na\nEVCXR_END_CONTENT\n");
        let first = collector.push("EVCXR_BEGIN_CONTENT text/plain\nb\nEVCXR_END_CONTENT\n");
        assert_eq!(first, [Display::Show(bundle(json!({"text/plain": "a"})))]);
    }

    #[test]
    fn instructions_reach_the_front_end() {
        let mut collector = Collector::default();
        let mut push = |json: &str| {
            collector.push(&format!(
                "EVCXR_BEGIN_CONTENT {INSTRUCTION}\n{json}\nEVCXR_END_CONTENT\n"
            ))
        };
        assert_eq!(
            push(r#"{"clear": true, "wait": true}"#),
            [Display::Clear { wait: true }]
        );
        let data = bundle(json!({"text/plain": "x"}));
        assert_eq!(
            push(r#"{"display_id": "a", "update": true, "data": {"text/plain": "x"}}"#),
            [Display::Update("a".into(), data)]
        );
        let [Display::Wrong(told)] = &push("{\"clear\": 1}")[..] else {
            panic!("nothing is said of a wrong instruction");
        };
        assert!(
            told.contains(INSTRUCTION) && told.contains("expected a boolean"),
            "{told}"
        );
    }

    #[test]
    fn what_is_no_json_is_told_and_not_shown() {
        let mut collector = Collector::default();
        let text = "EVCXR_BEGIN_CONTENT application/json\n{bad\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/plain\nx\nEVCXR_END_CONTENT\n";
        let told = collector.push(text);
        assert!(
            matches!(&told[..], [Display::Wrong(text)] if text.contains("column 2")),
            "{told:?}"
        );
        let rest = bundle(json!({"text/plain": "x"}));
        assert_eq!(collector.finish(), Some(Display::Show(rest)));
    }
}
