"""The Jupyter protocol: the public conformance suite, and the order of messages."""


import jupyter_kernel_test
import pytest
from jupyter_client.manager import KernelManager, start_new_kernel

from fearless_client import environment, wait_until
from fearless_client.kernel import KERNEL_NAME, START_SECONDS


CLEAR = (
    'println!("EVCXR_BEGIN_CONTENT application/vnd.fearless.display+json\\n'
    '{{\\"clear\\": true}}\\nEVCXR_END_CONTENT");'
)


class TestConformance(jupyter_kernel_test.KernelTests):
    """Every hook of the suite."""

    kernel_name = KERNEL_NAME
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("oops");'
    code_generate_error = 'panic!("on purpose");'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"text".len()', "result": "4"},
        {"code": "vec![1, 2, 3]", "result": "[1, 2, 3]"},
        {"code": "(1..=10).sum::<i32>()", "result": "55"},
        {"code": "(1..=20).sum::<i32>()", "result": "210"},
        {"code": "(1..=30).sum::<i32>()", "result": "465"},
    ]
    code_display_data = [
        {"code": "std::thread::spawn(|| ()).join().unwrap();", "mime": "text/html"},
        {
            "code": "std::thread::spawn(|| ()).join().unwrap();",
            "mime": "application/vnd.fearless.report+json",
        },
    ]
    completion_samples = [
        {"text": "std::sync::Mut", "matches": {"Mutex", "MutexGuard"}},
        {"text": "let name = String::new(); name.is_emp", "matches": {"is_empty"}},
        {"text": "std::thread::spaw"},
    ]

    def test_completion(self):
        """The suite asks each thing once; methods are known when the analyst has started."""

        def knows_methods() -> bool:
            self.kc.complete("String::new().is_emp")
            return "is_empty" in self.get_non_kernel_info_reply()["content"]["matches"]

        wait_until(knows_methods, "the analyst does not start")
        super().test_completion()

    complete_code_samples = [
        "1 + 1",
        "let x = 1;",
        "fn f() -> i32 { 1 }",
        'println!("}");',
        ":help",
        "",
        "// only a comment",
        "r#\"raw { string\"#",
    ]
    incomplete_code_samples = [
        "fn f() {",
        "let v = vec![1,",
        'let s = "open',
        "/* a comment",
        "std::thread::spawn(|| {",
        "match x {\n    1 => 2,",
        "1 +",
        "let x =",
    ]
    invalid_code_samples = ["fn f() }", "let = 5;", "fn fn", "struct {}", "1 + * ]"]
    code_inspect_sample = "std::sync::Mutex"
    code_page_something = ":doc std::sync::Mutex"
    code_clear_output = CLEAR
    code_history_pattern = "(1..=1*"
    supported_history_operations = ("tail", "range", "search")

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start_new_kernel(
            kernel_name=cls.kernel_name, startup_timeout=START_SECONDS, env=environment()
        )

    def test_history(self):
        """The suite's own, with as many cells as its search for three needs."""
        # A search of the suite asks for three different cells that match.
        self.code_history_pattern = "(1..=?0).sum*"
        with pytest.MonkeyPatch.context() as patch:
            original = self.history_helper

            def helper(execute_first, **arguments):
                # `unique` wants exactly one cell, so that search gets a narrower pattern.
                if arguments.get("unique"):
                    arguments["pattern"] = "(1..=10).sum*"
                return original(execute_first, **arguments)

            patch.setattr(self, "history_helper", helper)
            super().test_history()


class TestWelcome(jupyter_kernel_test.IopubWelcomeTests):
    """The iopub socket greets who subscribes."""

    kernel_name = KERNEL_NAME
    support_iopub_welcome = True

    @classmethod
    def setUpClass(cls):
        cls.km = KernelManager(kernel_name=cls.kernel_name)
        cls.km.start_kernel(env=environment())
        cls.kc = cls.km.client()


# Order of messages


def kinds(result) -> list[str]:
    """Message types in order; status with its state, streams of one name in a row as one."""
    names = []
    for message in result.messages:
        name = message["msg_type"]
        if name == "status":
            name = message["content"]["execution_state"]
        if name == "stream":
            name = message["content"]["name"]
            if names and names[-1] == name:
                continue
        names.append(name)
    return names


@pytest.mark.parametrize(
    ("code", "between"),
    [
        ("let a = 1;", []),
        ("1 + 1", ["execute_result"]),
        ('println!("x"); 2', ["stdout", "execute_result"]),
        ('println!("x"); eprintln!("y"); println!("z");', ["stdout", "stderr", "stdout"]),
        ("undefined_name", ["error"]),
        ('print!("x"); panic!("y")', ["stdout", "error"]),
        (
            'std::thread::spawn(|| println!("x")).join().unwrap(); 5',
            ["stdout", "execute_result", "display_data"],
        ),
        (
            'std::thread::spawn(|| println!("x")).join().unwrap(); panic!("y")',
            ["stdout", "display_data", "error"],
        ),
    ],
)
def test_order(kernel, code, between):
    result = kernel.run(code)
    got = kinds(result)
    assert got[:2] == ["busy", "execute_input"] and got[-1] == "idle"
    # The report may stand before or after the value or error; each comes exactly once.
    streams = [k for k in got[2:-1] if k.startswith("std")]
    assert streams == [k for k in between if k.startswith("std")]
    assert sorted(got[2:-1]) == sorted(between)
    assert got[2 : 2 + len(streams)] == streams, "output stands before what the cell came to"


def test_parents_and_sessions(kernel):
    result = kernel.run("1 + 1")
    msg_id = result.reply["parent_header"]["msg_id"]
    for message in result.messages:
        assert message["parent_header"]["msg_id"] == msg_id
        assert message["header"]["version"].startswith("5.")
    assert len({m["header"]["msg_id"] for m in result.messages}) == len(result.messages)


def test_execution_counts(fresh_kernel):
    assert [fresh_kernel.run(code).count for code in ("1", "fn broken(", "2")] == [1, 2, 3]
    silent = fresh_kernel.run("3", silent=True)
    assert not silent.of_type("execute_input", "execute_result")
    assert fresh_kernel.run("4", store_history=False).count == fresh_kernel.run("5").count


def test_user_expressions(kernel):
    kernel.ok("let width = 6;")
    reply = kernel.run("let height = 7;", user_expressions={"area": "width * height", "bad": "nope"})
    values = reply.reply["content"]["user_expressions"]
    assert values["area"]["status"] == "ok"
    assert values["area"]["data"]["text/plain"] == "42"
    assert values["bad"]["status"] == "error" and values["bad"]["ename"] == "E0425"
    assert values["bad"]["evalue"] == "cannot find value `nope` in this scope"


@pytest.mark.parametrize("code", ["let depth = 8;", ""])
def test_what_a_user_expression_prints_stands_under_the_cell(kernel, code):
    result = kernel.run(code, user_expressions={"said": '{ println!("out"); eprintln!("err"); 3 }'})
    assert result.reply["content"]["user_expressions"]["said"]["data"]["text/plain"] == "3"
    assert (result.stdout, result.stderr) == ("out\n", "err\n")


def test_queued_cells_are_aborted_after_an_error(kernel):
    first = kernel.begin('panic!("stop here")')
    queued = [kernel.begin(f"println!(\"queued {n}\")") for n in range(3)]
    assert first.finish().status == "error"
    for pending in queued:
        result = pending.finish()
        assert result.status in ("aborted", "error")
        assert not result.stdout
    assert kernel.ok("40 + 2").value == "42"


def test_queued_cells_run_when_the_client_says_so(kernel):
    first = kernel.begin('panic!("go on")', stop_on_error=False)
    second = kernel.begin("1 + 2")
    assert first.finish().status == "error"
    assert second.finish().ok().value == "3"


def test_kernel_info(kernel):
    content = kernel.ask("kernel_info_request", {})["content"]
    assert content["status"] == "ok"
    assert content["protocol_version"].startswith("5.")
    language = content["language_info"]
    assert language["name"] == "rust" and language["mimetype"] == "text/x-rust"
    assert content["implementation"] == "fearless"


def test_completion_counts_code_points(kernel):
    kernel.wait_for_analyst()
    code = 'let smile = "😀"; std::thread::spaw'
    content = kernel.ask("complete_request", {"code": code, "cursor_pos": len(code)})["content"]
    assert "spawn" in content["matches"]
    assert code[content["cursor_start"] : content["cursor_end"]] == "spaw"


def test_the_code_around_a_cell_is_not_completed(kernel):
    for begun in ("evcxr", "Evcxr", ""):
        request = {"code": f"{begun}\n", "cursor_pos": len(begun)}
        content = kernel.ask("complete_request", request)["content"]
        assert not [match for match in content["matches"] if "evcxr" in match.lower()]


def test_a_variable_completes(kernel):
    kernel.ok("let remembered_number = 5;")
    content = kernel.ask("complete_request", {"code": "remembered_nu", "cursor_pos": 13})["content"]
    assert content["matches"] == ["remembered_number"]
    assert (content["cursor_start"], content["cursor_end"]) == (0, 13)


def test_inspect_unknown_and_known(kernel):
    kernel.wait_for_analyst()
    unknown = kernel.ask("inspect_request", {"code": "no_such", "cursor_pos": 3, "detail_level": 0})
    assert unknown["content"]["status"] == "ok" and unknown["content"]["found"] is False
    for level in (0, 1):
        known = kernel.ask(
            "inspect_request",
            {"code": "std::sync::Mutex", "cursor_pos": 16, "detail_level": level},
        )
        assert known["content"]["found"] is True
        assert "Mutex" in known["content"]["data"]["text/plain"]


DOCUMENTED = (
    "/// Knows its width.\n"
    "pub struct Plank { /// In metres.\n pub width: f64 }\n"
    "impl Plank { /// Cuts it in two.\n pub fn cut(&self) -> f64 { self.width / 2.0 } }\n"
    "let plank = Plank { width: 3.0 }; let numbers = vec![1, 2];"
)


@pytest.fixture(scope="module")
def documented(kernel):
    kernel.ok(DOCUMENTED)
    kernel.wait_for_analyst()
    return kernel


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("plank|", "plank: Plank"),
        ("pla|nk", "plank: Plank"),
        ("plank.width|", "In metres"),
        ("plank.cut|()", "Cuts it in two"),
        ("plank.cut(|", "Cuts it in two"),
        ("let half = plank.cu|t();", "Cuts it in two"),
        ("numbers.iter().rev|()", "fn rev(self)"),
        ("numbers.push(numbers.len(), |", "fn push("),
        ("let local = 5u8;\nlocal|", "local: u8"),
        ('let smile = "😀"; smile.len|()', "fn len("),
        ("fn f() { let inner = 'c'; inner| }", "inner: char"),
        (':dep x = "1"\nplank|', "plank: Plank"),
        ("Plank|", "pub struct Plank"),
        (":trace| save x", "save FILE"),
    ],
)
def test_inspect_knows_what_stands_at_the_cursor(documented, code, shown):
    request = {"code": code.replace("|", ""), "cursor_pos": code.index("|"), "detail_level": 0}
    content = documented.ask("inspect_request", request)["content"]
    assert content["found"], content
    assert not content["data"]["text/plain"].startswith("ctx")
    assert shown in content["data"]["text/plain"]


def test_inspect_leaves_no_trace(kernel):
    code = "let not_run = 1; fn not_defined() {} not_defined"
    request = {"code": code, "cursor_pos": len(code), "detail_level": 1}
    kernel.ask("inspect_request", request)
    assert kernel.run("not_run").status == "error"
    assert kernel.run("not_defined()").status == "error"


@pytest.fixture
def analyst(kernel):
    kernel.wait_for_analyst()


@pytest.fixture
def while_a_cell_runs(kernel, tmp_path):
    """A cell runs from before the test to after it."""
    over = tmp_path / "over"
    wait = "std::thread::sleep(std::time::Duration::from_millis(1))"
    running = kernel.begin(f'println!("go"); while !std::path::Path::new("{over}").exists() {{ {wait}; }}')
    running.until_stdout("go")
    yield
    assert not running.idle
    over.touch()
    running.finish().ok()


@pytest.mark.usefixtures("while_a_cell_runs")
def test_inspect_and_complete_answer_while_a_cell_runs(kernel):
    content = kernel.ask("complete_request", {"code": "std::thr", "cursor_pos": 8})["content"]
    assert content["status"] == "ok"
    inspect = {"code": "println", "cursor_pos": 4, "detail_level": 0}
    assert kernel.ask("inspect_request", inspect)["content"]["status"] == "ok"


@pytest.mark.usefixtures("analyst", "while_a_cell_runs")
def test_code_is_completed_and_explained_while_a_cell_runs(kernel):
    code = "use std::sync::Mut"
    matches = kernel.ask("complete_request", {"code": code, "cursor_pos": len(code)})["content"]["matches"]
    inspect = {"code": "std::process::exit", "cursor_pos": 16, "detail_level": 0}
    about = kernel.ask("inspect_request", inspect)["content"]["data"]["text/plain"]
    assert {"Mutex", "MutexGuard"} <= set(matches)
    assert "Terminates the current process" in about


def test_is_complete_indents(kernel):
    content = kernel.ask("is_complete_request", {"code": "fn f() {"})["content"]
    assert content["status"] == "incomplete" and content["indent"] == "    "


def test_input(kernel):
    pending = kernel.begin(
        "let mut line = String::new();\n"
        "std::io::stdin().read_line(&mut line).unwrap();\n"
        'println!("hello {}", line.trim());',
        allow_stdin=True,
    )
    request = kernel.client.get_stdin_msg(timeout=60)
    assert request["msg_type"] == "input_request"
    kernel.client.input("Ferris")
    assert pending.finish().ok().stdout == "hello Ferris\n"


def test_a_page_of_documentation(documented):
    kernel = documented
    (page,) = kernel.ok(":doc plank.cut").reply["content"]["payload"]
    assert page["source"] == "page" and "Cuts it in two" in page["data"]["text/plain"]
    unknown = kernel.ok(":doc no_such_thing")
    assert not unknown.reply["content"]["payload"] and "`no_such_thing`" in unknown.stdout


def instruction(content: str) -> str:
    """Rust that prints a display instruction."""
    escaped = content.replace('"', '\\"').replace("{", "{{").replace("}", "}}")
    mime = "application/vnd.fearless.display+json"
    return f'println!("EVCXR_BEGIN_CONTENT {mime}\\n{escaped}\\nEVCXR_END_CONTENT");'


def test_outputs_that_change(kernel):
    shown = kernel.ok(
        instruction('{"display_id": "a", "data": {"text/plain": "working"}}')
        + 'println!("between");'
        + instruction('{"display_id": "a", "update": true, "data": {"text/plain": "done"}}')
        + instruction('{"clear": true, "wait": true}')
    )
    assert kinds(shown)[2:-1] == ["display_data", "stdout", "update_display_data", "clear_output"]
    (first,), (second,) = shown.of_type("display_data"), shown.of_type("update_display_data")
    assert first["transient"] == second["transient"] == {"display_id": "a"}
    assert second["data"] == {"text/plain": "done"}
    assert shown.of_type("clear_output") == [{"wait": True}]
    # From a later cell as well.
    later = kernel.ok(instruction('{"display_id": "a", "update": true, "data": {"text/plain": "again"}}'))
    assert kinds(later)[2:-1] == ["update_display_data"]


def test_quit_answers_and_ends(fresh_kernel):
    leaving, behind = fresh_kernel.begin(":quit"), fresh_kernel.begin("1 + 1")
    assert leaving.finish().ok().reply["content"]["payload"] == [
        {"source": "ask_exit", "keepkernel": False}
    ]
    assert behind.finish().status == "aborted"
    fresh_kernel.process.wait(timeout=10)


def test_input_without_a_front_end(kernel):
    """Nobody can answer: the end of input, or an error, but no waiting."""
    code = "let mut line = String::new();\nstd::io::stdin().read_line(&mut line)"
    result = kernel.run(code, timeout=60, allow_stdin=False)
    assert result.status == "error" or "Ok(0)" in result.value or "Err" in result.value


def test_comm_info_and_report_target(kernel):
    assert kernel.ask("comm_info_request", {})["content"] == {"status": "ok", "comms": {}}
    kernel.ok("std::thread::spawn(|| ()).join().unwrap();")
    opened = kernel.client.session.msg(
        "comm_open", {"comm_id": "c1", "target_name": "fearless.report", "data": {}}
    )
    kernel.client.shell_channel.send(opened)
    comms = kernel.ask("comm_info_request", {})["content"]["comms"]
    assert comms == {"c1": {"target_name": "fearless.report"}}
    asked = kernel.client.session.msg("comm_msg", {"comm_id": "c1", "data": {"request": "report"}})
    kernel.client.shell_channel.send(asked)
    while True:
        message = kernel.client.get_iopub_msg(timeout=10)
        if message["msg_type"] == "comm_msg":
            break
    assert message["content"]["comm_id"] == "c1"
    assert '"version"' in str(message["content"]["data"]).replace("'", '"')
    kernel.client.shell_channel.send(
        kernel.client.session.msg("comm_close", {"comm_id": "c1", "data": {}})
    )
    assert kernel.ask("comm_info_request", {})["content"]["comms"] == {}


def test_an_unknown_comm_target_is_closed(kernel):
    kernel.client.shell_channel.send(
        kernel.client.session.msg(
            "comm_open", {"comm_id": "c9", "target_name": "no.such.target", "data": {}}
        )
    )
    while True:
        message = kernel.client.get_iopub_msg(timeout=10)
        if message["msg_type"] == "comm_close":
            break
    assert message["content"]["comm_id"] == "c9"


def test_history_survives_a_restart(fresh_kernel):
    fresh_kernel.ok("let before_the_restart = 1;")
    fresh_kernel.manager.restart_kernel(now=False)
    fresh_kernel.client.wait_for_ready(timeout=START_SECONDS)
    tail = {"hist_access_type": "tail", "n": 5, "output": False, "raw": True}
    history = fresh_kernel.ask("history_request", tail)["content"]["history"]
    assert "let before_the_restart = 1;" in [source for _, _, source in history]


def test_busy_and_idle_around_control_messages(kernel):
    message = kernel.client.session.msg("kernel_info_request", {})
    kernel.client.control_channel.send(message)
    states = []
    while len(states) < 2:
        status = kernel.client.get_iopub_msg(timeout=10)
        if status["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            states.append(status["content"]["execution_state"])
    assert states == ["busy", "idle"]
