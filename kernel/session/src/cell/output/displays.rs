//! What cells display: pictures, tables, the value of the last expression.

use super::collecting::Collecting;
use super::state::CellOutputs;
use crate::cell::content::{Collector, Display};
use crate::cell::number::HIDDEN_CELL;
use jupyter::MimeBundle;
use record::frame::{Frame, FrameKind, Origin};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// How long content waits for its other representations, which are printed one after the other.
const SIBLINGS: Duration = Duration::from_millis(50);
/// How long content of the cell's main thread waits for the end of the cell, which makes it the
/// cell's value.
const VALUE: Duration = Duration::from_secs(1);

impl CellOutputs {
    /// Takes a frame with content.
    pub(super) fn content(&mut self, frame: Frame) {
        let cell = frame.origin.cell;
        let bytes = self.contents.entry(frame.origin.thread).or_default();
        bytes.extend_from_slice(&frame.payload);
        if frame.more {
            return;
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.contents.remove(&frame.origin.thread);
        if cell == HIDDEN_CELL {
            return self.capture(&text, frame.kind);
        }
        if frame.kind == FrameKind::Result {
            let bundle = Map::from_iter([("text/plain".to_owned(), json!(text))]);
            self.show(cell, Display::Show(bundle), true);
            return;
        }
        let Some(output) = self.cells.get_mut(&cell) else {
            return;
        };
        let now = Instant::now();
        let collecting = output
            .collectors
            .entry(frame.origin.thread)
            .or_insert_with(|| Collecting {
                ordinal: frame.origin.ordinal,
                collector: Collector::default(),
                since: now,
            });
        collecting.since = now;
        for display in collecting.collector.push(&text) {
            self.show(cell, display, false);
        }
    }

    fn capture(&mut self, text: &str, kind: FrameKind) {
        let Some(bundle) = &mut self.capture else {
            return;
        };
        if kind == FrameKind::Result {
            bundle.insert("text/plain".into(), json!(text));
            return;
        }
        let mut collector = Collector::default();
        collector.push(text);
        if let Some(Display::Show(shown)) = collector.finish() {
            bundle.extend(shown);
        }
    }

    /// Shows what a thread has displayed, since it goes on to something else.
    pub(super) fn flush_content(&mut self, origin: Origin) {
        let display = self
            .cells
            .get_mut(&origin.cell)
            .and_then(|output| output.collectors.remove(&origin.thread))
            .and_then(|mut collecting| collecting.collector.finish());
        if let Some(display) = display {
            self.show(origin.cell, display, false);
        }
    }

    /// Shows what has waited long enough for more of it; how long the rest may still wait.
    pub(super) fn show_due(&mut self, now: Instant) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        let mut due = Vec::new();
        for (cell, output) in &mut self.cells {
            let is_running = self.running && *cell == self.current;
            output.collectors.retain(|_, collecting| {
                let patience = if is_running && collecting.ordinal == 1 {
                    VALUE
                } else {
                    SIBLINGS
                };
                let left = (collecting.since + patience).saturating_duration_since(now);
                if left.is_zero() {
                    due.extend(
                        collecting
                            .collector
                            .finish()
                            .map(|display| (*cell, display)),
                    );
                } else {
                    next = Some(next.map_or(left, |other| other.min(left)));
                }
                !left.is_zero()
            });
        }
        for (cell, display) in due {
            self.show(cell, display, false);
        }
        next
    }

    pub(super) fn show(&mut self, cell: u32, display: Display, is_result: bool) {
        let Some(output) = self.cells.get(&cell) else {
            return;
        };
        if output.silent || output.hidden {
            return;
        }
        if is_result && is_unit(&display) {
            return;
        }
        let (parent, none) = (&output.parent, Map::new());
        match display {
            Display::Wrong(text) => {
                let text = Value::from(text.trim_end());
                let remark = MimeBundle::from_iter([("text/plain".to_owned(), text)]);
                self.publisher.display_data(parent, remark, none, None);
            }
            Display::Show(data) if is_result => {
                self.publisher
                    .execute_result(parent, output.count, data, none);
            }
            Display::Show(data) => self.publisher.display_data(parent, data, none, None),
            Display::ShowAs(id, data) => self.publisher.display_data(parent, data, none, Some(id)),
            Display::Update(id, data) => self.publisher.update_display_data(parent, data, none, id),
            Display::Clear { wait } => self.publisher.clear_output(parent, wait),
        }
    }
}

/// Whether the value of the last expression is `()`, which says nothing.
fn is_unit(display: &Display) -> bool {
    matches!(display, Display::Show(bundle) if bundle.len() == 1 && bundle.get("text/plain") == Some(&json!("()")))
}
