"""Whose output, all of it, in order: streams under load and lines that come late."""

import os
import time

import nbformat
import pytest
from nbclient import NotebookClient

from fearless_client import Kernel, environment
from fearless_client.kernel import KERNEL_NAME
from fearless_client.result import strip_ansi

# The figure is 10,000; the full run uses it.
PRINTING_CELLS = 10_000 if os.environ.get("FEARLESS_FULL") == "1" else 100


def cell_that_prints(n: int) -> tuple[str, list[str]]:
    """A short or a long printing cell, in turns, and its lines."""
    if n % 2:
        return f'println!("cell {n} says this");', [f"cell {n} says this"]
    rows = 50 + n % 200
    return (
        f'for row in 0..{rows} {{ println!("cell {n} row {{row}}"); }}',
        [f"cell {n} row {row}" for row in range(rows)],
    )


@pytest.mark.timeout(max(600, PRINTING_CELLS))
def test_no_line_is_lost_or_astray_raw_client(kernel):
    for n in range(PRINTING_CELLS):
        code, lines = cell_that_prints(n)
        assert kernel.ok(code).stdout.splitlines() == lines


@pytest.mark.timeout(max(600, PRINTING_CELLS))
def test_no_line_is_lost_or_astray_nbclient():
    cells = [cell_that_prints(n) for n in range(PRINTING_CELLS)]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code, _ in cells]
    )
    client = NotebookClient(notebook, kernel_name=KERNEL_NAME, timeout=120)
    client.execute(env=environment())
    for cell, (_, lines) in zip(notebook.cells, cells, strict=True):
        text = "".join(o.text for o in cell.outputs if o.output_type == "stream")
        assert text.splitlines() == lines


def test_a_million_lines(kernel):
    """They arrive, or are cut with a line saying how many; and never faster than a server may drop."""
    result = kernel.ok("for n in 0..1_000_000 { println!(\"line {n}\"); }", timeout=300)
    lines = strip_ansi(result.stdout).splitlines()
    whole = [line for line in lines if line.startswith("line ")]
    assert whole[0] == "line 0"
    if len(whole) < 1_000_000:
        said = [line for line in lines if not line.startswith("line ")]
        print(f"{len(whole)} lines arrived; {said}")
        assert any("lines" in line and any(c.isdigit() for c in line) for line in said)
    else:
        assert whole == [f"line {n}" for n in range(1_000_000)]
    streams = len(result.of_type("stream"))
    assert streams <= 1000 * max(1.0, result.seconds), f"{streams} messages in {result.seconds} s"


def test_eight_threads_print_in_order(kernel):
    result = kernel.ok(
        "let all: Vec<_> = (0..8).map(|t| std::thread::spawn(move || {\n"
        '    for n in 0..500 { println!("{t} {n}"); }\n})).collect();\n'
        "for t in all { t.join().unwrap(); }"
    )
    rows = [line.split() for line in result.lines]
    assert len(rows) == 4000
    for t in range(8):
        assert [int(n) for thread, n in rows if int(thread) == t] == list(range(500))
    threads = {text.split()[0]: gutter for gutter, text in result.gutter_lines}
    assert len(set(threads.values())) == 8 and None not in threads.values()


def test_a_partial_line_appears_at_once(kernel):
    pending = kernel.begin(
        'print!("half a "); std::thread::sleep(std::time::Duration::from_secs(2)); println!("line");'
    )
    began = time.monotonic()
    pending.until_stdout("half a ")
    assert not pending.idle
    result = pending.finish().ok()
    assert result.stdout == "half a line\n"
    assert time.monotonic() - began < 30


def test_everything_arrives_before_idle(kernel):
    for n in range(30):
        result = kernel.ok(f'for i in 0..{n * 7} {{ print!("{{i}} "); }}')
        assert result.stdout == "".join(f"{i} " for i in range(n * 7))


def test_every_way_to_print(kernel):
    result = kernel.ok(
        "use std::io::Write;\n"
        'print!("a"); println!("b");\n'
        'std::io::stdout().write_all(b"c\\n").unwrap();\n'
        'writeln!(std::io::stdout().lock(), "d").unwrap();\n'
        "let _ = std::io::stdout().flush();\n"
        'eprint!("e"); eprintln!("f");\n'
        'std::io::stderr().write_all(b"g\\n").unwrap();'
    )
    assert result.stdout == "ab\nc\nd\n"
    assert result.stderr == "ef\ng\n"


def test_output_of_c_and_of_children_arrives(kernel):
    result = kernel.ok(
        'unsafe extern "C" { fn write(fd: i32, bytes: *const u8, n: usize) -> isize; }\n'
        'unsafe { write(1, b"from C\\n".as_ptr(), 7) };\n'
        'std::process::Command::new("echo").arg("from a child").status().unwrap();'
    )
    assert "from C" in result.stdout
    assert "from a child" in result.stdout


C_STDIO = (
    'unsafe extern "C" { fn puts(text: *const std::ffi::c_char) -> i32; fn putchar(c: i32) -> i32; }\n'
)


def test_cs_own_buffer_is_not_kept_back(kernel):
    """C's library buffers what goes to a pipe: a line appears at once, the rest when the cell ends."""
    kernel.ok(C_STDIO)
    pending = kernel.begin(
        'unsafe { puts(c"a line".as_ptr()); }\n'
        "std::thread::sleep(std::time::Duration::from_secs(2));\n"
        'println!("ours"); unsafe { putchar(b\'x\'.into()); }'
    )
    pending.until_stdout("a line\n")
    assert not pending.idle
    assert pending.finish().ok().stdout == "a line\nours\nx"
    assert kernel.ok('println!("next")').stdout == "next\n"


@pytest.mark.parametrize(
    "text",
    [
        "EVCXR_PANIC_NOTIFICATION",
        "EVCXR_EXECUTION_COMPLETE",
        "EVCXR_ERROR_OCCURRED",
        "EVCXR_VARIABLE_CHANGED_TYPE x",
    ],
)
def test_users_text_cannot_play_the_runtime(kernel, text):
    kernel.ok("let kept = 5;")
    result = kernel.ok(f'println!("{text}"); println!("after");')
    assert result.stdout == f"{text}\nafter\n"
    assert kernel.ok("kept").value == "5"


def test_rich_output_by_evcxrs_convention(kernel):
    result = kernel.ok(
        "pub struct Bold(pub &'static str);\n"
        "impl Bold { pub fn evcxr_display(&self) {\n"
        '    println!("EVCXR_BEGIN_CONTENT text/html\\n<b>{}</b>\\nEVCXR_END_CONTENT", self.0); } }\n'
        'Bold("fat")'
    )
    (data,) = [c["data"] for c in result.of_type("execute_result", "display_data")]
    assert data["text/html"].strip() == "<b>fat</b>"
    assert "EVCXR" not in result.stdout


def shows(n: int) -> str:
    """Rust that displays HTML."""
    return f'println!("EVCXR_BEGIN_CONTENT text/html\\n<b>{n}</b>\\nEVCXR_END_CONTENT");'


def test_what_is_displayed_does_not_wait_for_the_end_of_the_cell(kernel):
    sleep = "std::thread::sleep(std::time::Duration::from_secs(3));"
    pending = kernel.begin(shows(1) + sleep + shows(2))
    pending.wait_until(
        lambda: any(m["msg_type"] == "display_data" for m in pending.messages), timeout=60
    )
    assert not pending.idle
    result = pending.finish().ok()
    assert [c["data"]["text/html"] for c in result.of_type("display_data", "execute_result")] == [
        "<b>1</b>",
        "<b>2</b>",
    ]


def test_what_a_thread_displays_is_not_the_cells_value(kernel):
    code = "std::thread::spawn(|| { " + shows(3) + " }).join().unwrap();"
    result = kernel.ok(code)
    assert not result.of_type("execute_result")
    shown = [c["data"].get("text/html") for c in result.of_type("display_data")]
    assert "<b>3</b>" in shown


def test_what_a_thread_displays_after_its_cell_ended_goes_there(kernel):
    spawner = kernel.begin(
        "std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(500)); "
        + shows(4)
        + " });"
    )
    spawner.finish().ok()
    while True:
        message = kernel.client.get_iopub_msg(timeout=30)
        if message["content"].get("data", {}).get("text/html") == "<b>4</b>":
            break
    assert message["parent_header"]["msg_id"] == spawner.msg_id


def test_a_character_that_is_never_finished_stays_in_its_cell(kernel):
    half = 'use std::io::Write; std::io::stdout().write_all(b"a\\xe2\\x82").unwrap();'
    assert kernel.ok(half).stdout == "a\ufffd"
    assert kernel.ok('println!("b")').stdout == "b\n"
    in_thread = "std::thread::spawn(|| { " + half + " }).join().unwrap();"
    assert kernel.ok(in_thread).lines == ["a\ufffd"]


def test_a_hook_of_ones_own_does_not_hide_the_panic(kernel):
    kernel.ok('std::panic::set_hook(Box::new(|info| eprintln!("mine: {info}")));')
    try:
        result = kernel.run('panic!("so be it")')
    finally:
        kernel.ok("let _ = std::panic::take_hook();")
    assert "mine: panicked at" in result.stderr
    (error,) = result.of_type("error")
    assert (error["ename"], error["evalue"]) == ("panic", "so be it")
    assert "line 1" in error["traceback"][0]


def test_not_utf8(kernel):
    result = kernel.ok('use std::io::Write; std::io::stdout().write_all(b"a\\xffb\\n").unwrap();')
    assert result.stdout == "a\ufffdb\n"


LATE = """\
std::thread::spawn(|| {
    for n in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(400));
        println!("late {n}");
    }
});"""


def test_late_output_goes_to_the_cell_that_spawned(kernel):
    spawner = kernel.begin(LATE)
    spawner.finish().ok()
    client = kernel.client
    meanwhile = client.execute(
        'println!("mine"); std::thread::sleep(std::time::Duration::from_secs(2));'
    )
    texts = {spawner.msg_id: "", meanwhile: ""}
    report_text = ""
    while True:
        message = client.get_iopub_msg(timeout=60)
        parent = message["parent_header"].get("msg_id")
        if message["msg_type"] == "stream":
            texts[parent] += message["content"]["text"]
        if message["msg_type"] in ("display_data", "update_display_data") and parent == meanwhile:
            report_text = strip_ansi(message["content"]["data"]["text/plain"])
        if (
            parent == meanwhile
            and message["msg_type"] == "status"
            and message["content"]["execution_state"] == "idle"
        ):
            break
    assert [t.split("│ ")[-1] for t in texts[spawner.msg_id].splitlines()] == [
        "late 0",
        "late 1",
        "late 2",
    ]
    assert "late" not in texts[meanwhile] and "mine" in texts[meanwhile]
    # For clients that drop what comes late, the running cell's report tells.
    assert "late 0" in report_text and "late 2" in report_text


def test_kernel_memory_stays_bounded_under_a_flood():
    """90 MB are printed, and what is sent at its pace is a part of that."""
    with Kernel(FEARLESS_OUTPUT_LIMIT=str(4 << 20)) as kernel:
        # A variable of an inferred type: after it rust-analyzer has read what it needs, which is
        # not the flood's.
        kernel.ok("let warm = std::sync::Arc::new(std::sync::Mutex::new(vec![0]));")
        before = kernel.process.memory_info().rss
        result = kernel.ok(
            "for n in 0..300_000 { println!(\"{n} {}\", \"x\".repeat(300)); }", timeout=300
        )
        grown = (kernel.process.memory_info().rss - before) >> 20
    print(f"the kernel process grew by {grown} MiB")
    assert grown < 50
    assert "more lines" in result.stderr and "FEARLESS_OUTPUT_LIMIT" in result.stderr
