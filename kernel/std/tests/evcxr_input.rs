//! Reading stdin in a cell: every line is asked of the notebook's user.
//!
//! The file has the name of evcxr's helper crate, whose requests are recognised by its module path.
//! The tests run this very program again, with the answers in its stdin.

mod common;

use std::io::{self, BufRead, Read, Write};
use std::process::{Command, Stdio};

use common::cell;

const GET_CMD: &str = "EVCXR_INPUT_REQUEST";
const GET_CMD_PASSWORD: &str = "EVCXR_INPUT_REQUEST_PASSWORD";

/// Asks as the crate `evcxr_input` does.
fn get_input(prompt: &str, is_password: bool) -> String {
    if is_password {
        println!("{}:{}", GET_CMD_PASSWORD, prompt);
    } else {
        println!("{}:{}", GET_CMD, prompt);
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
    line.trim().to_owned()
}

/// Runs the ignored test `name` of this program with `answers` in its stdin.
fn with_answers(name: &str, answers: &str) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the child starts");
    child
        .stdin
        .take()
        .expect("its stdin")
        .write_all(answers.as_bytes())
        .expect("the answers");
    let output = child.wait_with_output().expect("the child ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn each_line_is_one_request() {
    with_answers("child_reads_lines", "Ada\nsecret\n1\n2\n\u{4}\nrest\n");
}

#[test]
#[ignore = "run by each_line_is_one_request"]
fn child_reads_lines() {
    let ran = cell(|| {
        let mut name = String::new();
        assert_eq!(io::stdin().read_line(&mut name).unwrap(), 4);
        assert_eq!(name, "Ada\n");
        assert_eq!(get_input("your\npassword?", true), "secret");
        let numbers: Vec<i32> = io::stdin()
            .lines()
            .map(|line| line.unwrap().parse().unwrap())
            .collect();
        assert_eq!(numbers, [1, 2]);
        let mut rest = String::new();
        io::stdin()
            .lock()
            .take(4)
            .read_to_string(&mut rest)
            .unwrap();
        assert_eq!(rest, "rest");
        // The newline of that answer is still there, so nobody is asked.
        assert_eq!(io::stdin().lock().fill_buf().unwrap(), b"\n");
    });
    ran.result.as_ref().unwrap();
    let ask = "EVCXR_INPUT_REQUEST:\n";
    assert_eq!(
        ran.protocol,
        format!("{ask}EVCXR_INPUT_REQUEST_PASSWORD:your password?\n{ask}{ask}{ask}{ask}")
    );
    assert_eq!(ran.stdout(), "");
}

#[test]
fn a_thread_may_ask_and_its_answer_comes_before_the_end_of_the_cell() {
    with_answers("child_asks_in_a_thread", "from a thread\n");
}

#[test]
#[ignore = "run by a_thread_may_ask_and_its_answer_comes_before_the_end_of_the_cell"]
fn child_asks_in_a_thread() {
    let ran = cell(|| {
        std::thread::spawn(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).unwrap();
            print!("{line}");
        })
        .join()
        .unwrap();
    });
    ran.result.as_ref().unwrap();
    assert_eq!(ran.stdout(), "from a thread\n");
    // Between cells the next line of stdin is an order of the kernel's.
    let error = io::stdin().read_line(&mut String::new()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read stdin between cells"),
        "{error}"
    );
}
