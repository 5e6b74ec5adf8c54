//! Time stands still here, and goes on when a test says so.

use super::*;

struct Bench {
    outbox: Outbox,
    now: Instant,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            outbox: Outbox::new(limits, now),
            now,
        }
    }

    fn unpaced() -> Self {
        Self::new(Limits {
            text: None,
            rate: None,
        })
    }

    fn text(&mut self, parent: &Parent, stream: Stream, text: &str) {
        self.outbox.push_text(parent, stream, text, self.now);
    }

    fn message(&mut self, parent: &Parent, msg_type: &'static str) {
        let item = Item::Message {
            msg_type,
            content: Value::Null,
            metadata: Map::new(),
        };
        self.outbox.push(parent, item, self.now);
    }

    /// Publishes all that is due, waiting up to `patience`, and shows it.
    fn run(&mut self, patience: Duration) -> Vec<String> {
        let end = self.now + patience;
        let mut shown = Vec::new();
        loop {
            match self.outbox.next(self.now, false) {
                Next::Publish(_, Item::Text(stream, text)) => {
                    self.outbox.spend(text.len(), self.now);
                    shown.push(format!("{}:{text}", stream.name()));
                }
                Next::Publish(_, Item::Message { msg_type, .. }) => {
                    self.outbox.spend(100, self.now);
                    shown.push(msg_type.to_owned());
                }
                Next::Publish(_, Item::Flush(_)) => shown.push("flush".to_owned()),
                Next::Wait(delay) if self.now + delay <= end => self.now += delay,
                Next::Wait(_) | Next::Idle => return shown,
            }
        }
    }
}

const NONE: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn text_is_joined_and_leaves_before_what_follows() {
    let mut bench = Bench::unpaced();
    let cell = Parent::none();
    bench.text(&cell, Stream::Stdout, "a");
    bench.text(&cell, Stream::Stdout, "b\n");
    assert!(bench.run(NONE).is_empty(), "text waits for more");
    bench.text(&cell, Stream::Stderr, "oh");
    bench.message(&cell, "display_data");
    bench.text(&cell, Stream::Stdout, "c");
    bench.message(&cell, "status");
    let expected = [
        "stdout:ab\n",
        "stderr:oh",
        "display_data",
        "stdout:c",
        "status",
    ];
    assert_eq!(bench.run(NONE), expected);
}

#[test]
fn text_waits_no_longer_than_50_ms() {
    let mut bench = Bench::unpaced();
    bench.text(&Parent::none(), Stream::Stdout, "a");
    assert_eq!(bench.run(Duration::from_millis(50)), ["stdout:a"]);
}

#[test]
fn long_text_is_split_between_characters_and_nothing_is_lost() {
    let mut bench = Bench::unpaced();
    let cell = Parent::none();
    let text = "é😀x".repeat(100_000);
    bench.text(&cell, Stream::Stdout, "1");
    bench.text(&cell, Stream::Stdout, &text);
    let chunks = bench.run(LONG);
    assert!(chunks.len() > 2);
    assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK_BYTES + 16));
    let joined: String = chunks
        .iter()
        .map(|chunk| chunk.strip_prefix("stdout:").unwrap())
        .collect();
    assert!(joined == format!("1{text}"));
    assert_eq!(bench.outbox.text_bytes, 0);
}

#[test]
fn alternating_streams_do_not_become_a_message_a_line() {
    let mut bench = Bench::unpaced();
    let cell = Parent::none();
    for _ in 0..10_000 {
        bench.text(&cell, Stream::Stdout, "o\n");
        bench.text(&cell, Stream::Stderr, "e\n");
    }
    assert!(bench.run(LONG).len() < 2 * CROWDED);
}

#[test]
fn a_second_of_output_stays_under_the_servers_limits() {
    let mut bench = Bench::new(Limits {
        text: None,
        ..Limits::default()
    });
    let cell = Parent::none();
    for _ in 0..200 {
        bench.text(&cell, Stream::Stdout, &"x".repeat(CHUNK_BYTES));
    }
    let bytes: usize = bench
        .run(Duration::from_secs(3))
        .iter()
        .map(String::len)
        .sum();
    assert!(bytes < 3_000_000, "{bytes} bytes in 3 s");
    assert!(bytes > 2_000_000, "{bytes} bytes in 3 s");
}

#[test]
fn an_answer_overtakes_the_text_of_a_cell() {
    let mut bench = Bench::new(Limits {
        text: None,
        ..Limits::default()
    });
    let (cell, completion) = (Parent::none(), Parent::none());
    for _ in 0..200 {
        bench.text(&cell, Stream::Stdout, &"x".repeat(CHUNK_BYTES));
    }
    bench.run(NONE);
    bench.message(&completion, "status");
    assert_eq!(bench.run(NONE), ["status"]);
}

#[test]
fn lanes_keep_the_order_of_what_is_due() {
    let mut bench = Bench::unpaced();
    let (cell, other) = (Parent::none(), Parent::none());
    bench.text(&cell, Stream::Stdout, "a");
    bench.message(&other, "busy");
    bench.message(&cell, "idle");
    assert_eq!(bench.run(NONE), ["stdout:a", "busy", "idle"]);
}

#[test]
fn what_exceeds_the_limit_is_counted_and_said() {
    let mut bench = Bench::new(Limits {
        text: Some(10),
        rate: None,
    });
    let cell = Parent::none();
    bench.text(&cell, Stream::Stdout, "12345678\n");
    bench.text(&cell, Stream::Stdout, "too\nmany\nlines\n");
    bench.text(&cell, Stream::Stdout, "and more\n");
    bench.outbox.report_cut(&cell, bench.now);
    let shown = bench.run(LONG);
    assert_eq!(shown[0], "stdout:12345678\n");
    assert!(
        shown[1].starts_with("stderr:[fearless] 4 more lines (24 bytes)"),
        "{}",
        shown[1]
    );
    bench.outbox.report_cut(&cell, bench.now);
    assert!(bench.run(LONG).is_empty(), "said once");
}

#[test]
fn an_interrupt_cuts_what_waits() {
    let mut bench = Bench::new(Limits {
        text: None,
        ..Limits::default()
    });
    let cell = Parent::none();
    for _ in 0..100 {
        bench.text(
            &cell,
            Stream::Stdout,
            &format!("{}\n", "x".repeat(CHUNK_BYTES)),
        );
    }
    bench.run(NONE);
    bench.outbox.cut();
    bench.outbox.report_cut(&cell, bench.now);
    let shown = bench.run(LONG);
    assert!(shown.iter().map(String::len).sum::<usize>() < 2 * CUT_BYTES);
    assert!(shown.last().unwrap().contains("more lines"), "{shown:?}");
}
