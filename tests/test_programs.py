"""`fearless run`, `explore` and `replay`: programs in files, as a shell and a CI run them."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from fearless_client import environment
from fearless_client.kernel import KERNEL_NAME

PROGRAMS = Path(__file__).parent / "programs"
EXPLORED = "application/vnd.fearless.explore+json"
BINARY = KernelSpecManager().get_kernel_spec(KERNEL_NAME).argv[0]


def fearless(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess:
    """Runs the kernel's own program in a folder."""
    command = [BINARY, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(), input=text, capture_output=True, text=True, timeout=400
    )


def test_a_users_ci(kernel, tmp_path):
    shutil.copy(PROGRAMS / "counter.rs", tmp_path)
    path = f"{Path(BINARY).parent}{os.pathsep}{os.environ['PATH']}"
    script = subprocess.run(
        [PROGRAMS / "ci.sh", tmp_path], env=environment(PATH=path), capture_output=True, text=True, timeout=600
    )
    assert script.stdout == "passed\n", script.stdout + script.stderr
    found = (tmp_path / "found.txt").read_text()
    data = json.loads((tmp_path / "found.json").read_text())
    assert data["verdict"] == "failed" and data["file"] == "counter.rs"
    token = data["failure"]["token"]
    assert f"fearless replay counter.rs {token}" in found and "an update is lost" in found
    assert "\x1b" not in found, "no terminal, no colours"
    page = (tmp_path / "found.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and token in page
    assert "n update is lost" in (tmp_path / "replayed.txt").read_text()
    assert (tmp_path / "proved.txt").read_text().startswith("Proved: ")
    report = (tmp_path / "report.txt").read_text()
    assert report.startswith("T1│ counted\n\n") and "3 threads" in report
    # The same program in a notebook: its tokens are the file's, and the other way round.
    cell = (PROGRAMS / "counter.rs").read_text().rstrip()
    again = kernel.run(f":replay {token}\n{cell}")
    assert "left: 1" in again.failed("replayed").error_text
    shutil.copy(PROGRAMS / "counter.rs", tmp_path)
    passing = data["failure"]["passing"]["token"]
    assert kernel.run(f":replay {passing}\n{cell}").status == "ok"
    assert fearless(tmp_path, "replay", "counter.rs", passing).returncode == 0


def test_what_stands_above_and_beside_the_code(tmp_path):
    """Dependencies in a frontmatter, files beside the program, another folder, an edition, input."""
    own, folder = tmp_path / "own", tmp_path / "a folder"
    (own / "src").mkdir(parents=True)
    (own / "Cargo.toml").write_text('[package]\nname = "own"\nversion = "1.0.0"\nedition = "2024"\n')
    (own / "src/lib.rs").write_text("pub fn twice(n: u32) -> u32 { 2 * n }\n")
    folder.mkdir()
    (folder / "beside.rs").write_text("pub const THREE: u32 = 3;\n")
    (folder / "main.rs").write_text(f"""#!/usr/bin/env -S fearless run
---cargo
[package]
edition = "2021"
[dependencies]
own = {{ path = "{own}" }}
---
mod beside;
fn main() {{
    let gen = own::twice(beside::THREE);
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line).unwrap() > 0 {{}}
    println!("{{gen}} {{line:?}}");
    eprintln!("line {{}}", line!());
    if line.is_empty() {{ panic!("nothing was said") }}
}}
""")
    run = fearless(tmp_path, "run", "a folder/main.rs", text="one\ntwo\n")
    assert (run.returncode, run.stdout) == (0, 'T1│ 6 "one\\ntwo\\n"\n'), run.stderr
    assert "line 14" in run.stderr
    silent = fearless(tmp_path, "run", "a folder/main.rs")
    assert silent.returncode == 1
    assert "panic in a folder/main.rs:15: nothing was said" in silent.stderr, silent.stderr


def test_what_does_not_run_is_no_failure_of_the_program(tmp_path):
    (tmp_path / "wrong.rs").write_text('fn main() {\n    let n: u32 = "one";\n}\n')
    (tmp_path / "nothing.rs").write_text("fn mian() {}\n")
    (tmp_path / "lines.rs").write_text('println!("here");\n')
    for arguments, words in [
        (("explore", "wrong.rs"), "--> wrong.rs:2:18"),
        (("replay", "wrong.rs", "ABC"), "--> wrong.rs:2:18"),
        (("run", "missing.rs"), "cannot read `missing.rs`"),
        (("run", "lines.rs"), "`fearless run` runs a whole program, and `lines.rs` has no"),
        (("explore", "nothing.rs", "--all"), "`nothing.rs` has no `fn main()`"),
        (("explore", "wrong.rs", "--html", "no/page.html"), "cannot write `no/page.html`: no such folder"),
        (("replay", "wrong.rs", ""), "needs the token"),
        (("explore", "wrong.rs", "--schedules", "none"), "a number from 1 on"),
    ]:
        run = fearless(tmp_path, *arguments)
        assert (run.returncode, run.stdout) == (2, ""), run.stdout
        assert words in run.stderr and "\x1b" not in run.stderr, run.stderr


def test_help_names_every_option():
    text = subprocess.run([BINARY, "explore", "--help"], capture_output=True, text=True, check=True).stdout
    for word in ["--schedules", "--time", "--all", "--seed", "--strategy", "--memory", "--html", "--json"]:
        assert word in text
    assert "[dependencies]" in text and "Exit code" in text
    general = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    for command in ["run FILE.rs", "explore FILE.rs", "replay FILE.rs TOKEN"]:
        assert f"fearless {command}" in general and f"fearless {command}" in text


@pytest.mark.parametrize("key", [signal.SIGINT, signal.SIGTERM])
def test_control_c_ends_with_what_was_found(tmp_path, key):
    (tmp_path / "endless.rs").write_text(
        'fn main() {\n    println!("begun");\n    let hour = std::time::Duration::from_secs(3600);\n'
        "    std::thread::spawn(move || std::thread::sleep(hour)).join().unwrap();\n}\n"
    )
    command = [BINARY, "run", "endless.rs", "--json", "report.json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        # Comes while the program still runs.
        assert run.stdout.readline() == "T1│ begun\n"
        run.send_signal(key)
        shown, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert "stopped by you" in shown and "interrupted" in said
    assert json.loads((tmp_path / "report.json").read_text())["threads"]
