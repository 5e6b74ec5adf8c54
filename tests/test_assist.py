"""Completion and inspection: what is public and of use, first; also in macros, behind commands, and without a `use`."""

import os
import stat
import tempfile
from pathlib import Path

import psutil
import pytest

from fearless_client import Kernel

CELLS = [
    "use std::sync::{Arc, Mutex, mpsc};\n"
    "let counter = Arc::new(Mutex::new(0));\n"
    "let words: Vec<String> = vec![];\n"
    "let (tx, rx) = mpsc::channel::<i32>();",
    "struct Point { x: i32, y: i32 }\n"
    "impl Point { fn norm(&self) -> i32 { self.x } }\n"
    "let place = Point { x: 1, y: 2 };",
    "use std::collections::HashMap;\nlet scores: HashMap<String, Vec<u32>> = HashMap::new();",
]

# The code with the cursor, what is offered before all that every value has, and what is not offered
# at all.
OFFERS = [
    ("counter.|", ["lock", "try_lock"], ["ptr", "phantom", "alloc", "inner", "data", "drop_slow"]),
    ("tx.|", ["send"], ["inner"]),
    ("words.|", ["push", "len"], ["buf", "extend_desugared", "append_elements"]),
    ("place.|", ["x", "y", "norm"], []),
    ("std::thread::|", ["spawn", "current"], ["spawnhook::", "functions::", "builder::", "Any"]),
    ("use std::sync::|", ["Arc", "Mutex"], ["lazy_lock", "reentrant_lock"]),
    ('println!("{}", counter.|', ["lock"], ["ptr"]),
    ('println!("{}", counter.|)', ["lock"], ["ptr"]),
    ("let all = vec![1, place.|];", ["x", "norm"], []),
    ("assert_eq!(place.|, 1);", ["x"], []),
    ("if words.|", ["is_empty"], []),
    ("for i in 0..3 { tx.|", ["send"], []),
    ("evc|", [], ["evcxr_variable_store"]),
    ("let a = 1;\n:rep|", [":repeat", ":report"], []),
    ("scores.values().next().unwrap().|", ["len", "iter"], []),
    ("scores.iter().map(|(name, all)| name.¦)", ["trim", "len"], []),
    ("scores.get(\"a\").unwrap().fi|", ["first"], []),
    ("Point { | }", ["x", "y"], []),
    ("// pla|", [], ["place"]),
    ("let text = \"pla|\";", [], ["place"]),
    ("println!(\"{pla|}\")", ["place"], []),
    (":help exp|", ["explore", "explain"], ["dep"]),
    (":report |", ["off", "summary", "full", "json"], ["0"]),
    (":check con|", ["contended"], ["threads"]),
    (":check no finding |", ["deadlock"], ["contended"]),
    (":check outcome is |", ["panicked"], []),
    (":threads o|", ["on", "off"], []),
    (":doc std::thread::sp|", ["spawn"], []),
    (":type cou|", ["counter"], []),
]
EVERYWHERE = ["into", "try_into", "clone_into", "to_owned"]


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as kernel:
        for cell in CELLS:
            kernel.ok(cell)
        kernel.wait_for_analyst()
        yield kernel


@pytest.mark.parametrize(("code", "offered", "never"), OFFERS, ids=[code for code, *_ in OFFERS])
def test_completion(kernel, code, offered, never):
    # A closure has bars of its own.
    mark = "¦" if "¦" in code else "|"
    cursor = code.index(mark)
    code = code.replace(mark, "")
    content = {"code": code, "cursor_pos": cursor}
    reply = kernel.ask("complete_request", content)["content"]
    matches = reply["matches"]
    assert reply["cursor_start"] <= cursor == reply["cursor_end"]
    typed = code[reply["cursor_start"] : cursor]
    assert all(match.startswith(typed) for match in matches)
    for name in offered:
        assert name in matches
        assert all(matches.index(name) < matches.index(of_all) for of_all in EVERYWHERE if of_all in matches)
    for name in never:
        assert name not in matches
    assert not [match for match in matches if "evcxr" in match.lower()]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("thread::spawn|", "Spawns a new thread"),
        ("thread::spawn(|", "Spawns a new thread"),
        ("RwLock|::new(1)", "reader-writer lock"),
        ("HashMap|", "hash map"),
        ("counter|", "Mutex<i32>"),
        ("words.push|", "Appends an element"),
    ],
)
def test_inspection_needs_no_import(kernel, code, says):
    content = {"code": code.replace("|", ""), "cursor_pos": code.index("|"), "detail_level": 0}
    reply = kernel.ask("inspect_request", content)["content"]
    assert reply["found"] and says in reply["data"]["text/plain"]


def test_crates_that_cargo_knows_are_completed(tmp_path):
    index = tmp_path / "registry" / "index" / "some" / ".cache" / "ra" / "yo"
    index.mkdir(parents=True)
    for name in ("rayon", "rayon-core"):
        (index / name).write_text("")
    with Kernel(CARGO_HOME=str(tmp_path)) as kernel:
        content = {"code": ":dep ray", "cursor_pos": 8}
        reply = kernel.ask("complete_request", content)["content"]
    assert reply["matches"] == ["rayon", "rayon-core"]
    assert (reply["cursor_start"], reply["cursor_end"]) == (5, 8)


@pytest.fixture
def runtime():
    """A folder for sockets, so that no other test's kernels share the analyst. Paths of sockets are short."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


def analysts(runtime):
    """The processes of rust-analyzer whose sockets lie in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[1:2] == ["analyst"] and process.environ().get("XDG_RUNTIME_DIR") == runtime:
                found.append(process)
        except psutil.Error:
            pass
    return found


def completions(kernel, code):
    return kernel.ask("complete_request", {"code": code, "cursor_pos": len(code)})["content"]["matches"]


def test_cells_start_no_analyst_and_its_death_loses_nothing(runtime):
    with Kernel(XDG_RUNTIME_DIR=runtime) as kernel:
        kernel.ok("let shared = std::sync::Arc::new(std::sync::Mutex::new(1));")
        kernel.ok("*shared.lock().unwrap() += 1;")
        assert kernel.run("shared.absent()").status == "error"
        assert completions(kernel, ":threa") == [":threads"]
        assert not analysts(runtime)
        # Nobody waits for it: the type is known, and where its methods are defined.
        assert {"lock", "try_lock", "clone"} <= set(completions(kernel, "shared."))
        kernel.wait_for_analyst()
        [first] = analysts(runtime)
        mode = os.stat(Path(runtime, "fearless")).st_mode
        assert stat.S_IMODE(mode) == 0o700
        first.kill()
        psutil.wait_procs([first], timeout=30)
        assert kernel.ok("*shared.lock().unwrap()").value == "2"
        kernel.wait_for_analyst()
        [second] = analysts(runtime)
        assert second.pid != first.pid
        assert "lock" in completions(kernel, "shared.")
    assert psutil.wait_procs([second], timeout=30)[0] == [second]


def test_kernels_share_the_analyst_but_not_their_code(runtime):
    with Kernel(XDG_RUNTIME_DIR=runtime) as one, Kernel(XDG_RUNTIME_DIR=runtime) as other:
        one.ok("struct Lantern { oil: u8 }\nlet light = Lantern { oil: 3 };")
        other.ok("struct Ladder { rungs: u8 }\nlet light = Ladder { rungs: 9 };")
        for kernel in (one, other):
            kernel.wait_for_analyst()
        assert len(analysts(runtime)) == 1
        for _ in range(2):
            assert "oil" in completions(one, "light.") and "rungs" not in completions(one, "light.")
            assert "rungs" in completions(other, "light.")
            assert "Lantern" not in completions(other, "La") and "Ladder" in completions(other, "La")
