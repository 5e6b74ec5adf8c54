//! Cells: the order of their messages, counts, failures, what is queued behind them.

use serde_json::json;

use crate::client::{Client, Kernel, To};
use crate::engine::{Broken, Script};

#[tokio::test]
async fn outputs_come_in_the_order_of_the_protocol() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let code = "print a\nprint b\neprint c\ndisplay d\nprint e\nupdate f\nclear\nresult g";
    let between = [
        "stdout a⏎b⏎",
        "stderr c⏎",
        "display_data id d",
        "stdout e⏎",
        "update_display_data id f",
        "clear_output",
        "execute_result 1 g",
    ];
    let reply = client.cell(code, "ok", &between).await;
    assert_eq!(reply["payload"], json!([]));
    assert_eq!(reply["user_expressions"], json!({}));
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn only_cells_that_are_stored_count() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    assert_eq!(client.cell("", "ok", &[]).await["execution_count"], 1);

    let request = client
        .execute_with("print x\nresult y", json!({"silent": true}))
        .await;
    let reply = client.answer(&request, "execute_reply").await;
    assert_eq!(
        (&reply["status"], &reply["execution_count"]),
        (&json!("ok"), &json!(2))
    );
    client
        .outputs(&request, &["busy", "stdout x⏎", "idle"])
        .await;

    let request = client
        .execute_with("result z", json!({"store_history": false}))
        .await;
    assert_eq!(
        client.answer(&request, "execute_reply").await["execution_count"],
        2
    );
    client
        .outputs(
            &request,
            &["busy", "execute_input 2", "execute_result 2 z", "idle"],
        )
        .await;

    assert_eq!(client.cell("", "ok", &[]).await["execution_count"], 2);
    let request = client
        .send(
            To::Shell,
            "history_request",
            json!({
                "hist_access_type": "tail", "n": 10, "output": false, "raw": true,
            }),
        )
        .await;
    let history = client.answer(&request, "history_reply").await;
    assert_eq!(history["history"].as_array().unwrap().len(), 2);
    client.outputs(&request, &["busy", "idle"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn user_expressions_are_answered() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let expressions = json!({"user_expressions": {"sum": "1 + 1"}});
    let request = client.execute_with("", expressions).await;
    let reply = client.answer(&request, "execute_reply").await;
    assert_eq!(
        reply["user_expressions"]["sum"]["data"]["text/plain"],
        "1 + 1"
    );
    client
        .outputs(&request, &["busy", "execute_input 1", "idle"])
        .await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_failure_is_one_error_and_aborts_what_is_queued() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let failing = client.execute("print a\nerror oh no").await;
    let queued = [
        client.execute("print never").await,
        client.execute("print never").await,
    ];

    let reply = client.answer(&failing, "execute_reply").await;
    assert_eq!(reply["status"], "error");
    assert_eq!(
        (&reply["ename"], &reply["evalue"]),
        (&json!("E0277"), &json!("oh no"))
    );
    assert_eq!(reply["traceback"], json!(["E0277: oh no"]));
    let expected = [
        "busy",
        "execute_input 1",
        "stdout a⏎",
        "error E0277 oh no",
        "idle",
    ];
    client.outputs(&failing, &expected).await;
    for request in queued {
        let reply = client.answer(&request, "execute_reply").await;
        assert_eq!(reply["status"], "aborted");
        // A front end would show it as the cell's number.
        assert!(reply.get("execution_count").is_none(), "{reply}");
        client.outputs(&request, &["busy", "idle"]).await;
    }
    client.cell("print b", "ok", &["stdout b⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_failure_that_is_expected_aborts_nothing() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let failing = client
        .execute_with("error x", json!({"stop_on_error": false}))
        .await;
    let queued = client.execute("print a").await;
    assert_eq!(
        client.answer(&failing, "execute_reply").await["status"],
        "error"
    );
    client
        .outputs(
            &failing,
            &["busy", "execute_input 1", "error E0277 x", "idle"],
        )
        .await;
    assert_eq!(
        client.answer(&queued, "execute_reply").await["status"],
        "ok"
    );
    client
        .outputs(&queued, &["busy", "execute_input 2", "stdout a⏎", "idle"])
        .await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_panic_of_the_engine_fails_one_cell() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let request = client.execute("panic in the engine").await;
    let reply = client.answer(&request, "execute_reply").await;
    assert_eq!(reply["ename"], "KernelError");
    let error = format!("error KernelError {}", reply["evalue"].as_str().unwrap());
    client
        .outputs(&request, &["busy", "execute_input 1", &error, "idle"])
        .await;
    client.cell("print a", "ok", &["stdout a⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn an_engine_that_cannot_start_says_why_in_each_cell() {
    let kernel = Kernel::start(Broken);
    let mut client = Client::connect(&kernel).await;
    let error = "error StartError cannot find cargo; install it";
    client.cell("print a", "error", &[error]).await;
    client.cell("print a", "error", &[error]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn late_output_goes_to_the_cell_whose_thread_prints() {
    let script = Script::ready();
    let kernel = Kernel::start(script.clone());
    let mut client = Client::connect(&kernel).await;
    let first = client.execute("late from the first").await;
    client.answer(&first, "execute_reply").await;
    client
        .outputs(&first, &["busy", "execute_input 1", "idle"])
        .await;
    script.release();
    let late = client.output().await;
    assert_eq!(
        (late.parent, &late.content["text"]),
        (first, &json!("from the first\n"))
    );
    client.cell("print b", "ok", &["stdout b⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_hundred_thousand_lines_arrive() {
    let kernel = Kernel::with(Script::ready(), |settings| settings.limits.rate = None);
    let mut client = Client::connect(&kernel).await;
    client.execute("lines 100000").await;
    let (mut text, mut messages) = (String::new(), 0);
    loop {
        let output = client.output().await;
        match output.kind.as_str() {
            "stream" => {
                text += output.content["text"].as_str().unwrap();
                messages += 1;
            }
            "status" if output.content["execution_state"] == "idle" => break,
            _ => {}
        }
    }
    let expected: String = (0..100_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    assert!(
        text == expected,
        "{} of {} bytes",
        text.len(),
        expected.len()
    );
    assert!(messages < 100, "{messages} messages");
    client.reply(To::Shell).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn text_beyond_the_limit_is_cut_with_a_line_that_says_how_much() {
    let kernel = Kernel::with(Script::ready(), |settings| settings.limits.text = Some(14));
    let mut client = Client::connect(&kernel).await;
    let request = client.execute("lines 5").await;
    client.answer(&request, "execute_reply").await;
    let note = "stderr [fearless] 3 more lines (21 bytes) were printed and are not shown; \
                set FEARLESS_OUTPUT_LIMIT to a number of bytes to see more⏎";
    let shown = [
        "busy",
        "execute_input 1",
        "stdout line 0⏎line 1⏎",
        note,
        "idle",
    ];
    client.outputs(&request, &shown).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_thousand_cells_lose_nothing() {
    let kernel = Kernel::with(Script::ready(), |settings| settings.limits.rate = None);
    let mut client = Client::connect(&kernel).await;
    let mut requests = Vec::new();
    for number in 0..1000 {
        requests.push(client.execute(&format!("print {number}")).await);
    }
    for (number, request) in requests.iter().enumerate() {
        assert_eq!(
            client.answer(request, "execute_reply").await["status"],
            "ok"
        );
        let input = format!("execute_input {}", number + 1);
        let printed = format!("stdout {number}⏎");
        client
            .outputs(request, &["busy", &input, &printed, "idle"])
            .await;
    }
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn history_outlives_the_kernel() {
    let folder = std::env::temp_dir().join(format!("fearless-history-{}", std::process::id()));
    let file = folder.join("history.sqlite");
    let ask = json!({"hist_access_type": "search", "pattern": "print*", "n": 5, "output": true});
    for life in 1..=2 {
        let kernel = Kernel::with(Script::ready(), |set| set.history = Some(file.clone()));
        let mut client = Client::connect(&kernel).await;
        client.cell("print a", "ok", &["stdout a⏎"]).await;
        let request = client.send(To::Shell, "history_request", ask.clone()).await;
        let found = client.answer(&request, "history_reply").await;
        let entries = found["history"].as_array().unwrap();
        assert_eq!(entries.len(), life);
        assert_eq!(entries[0], json!([1, 1, ["print a", null]]));
        client.outputs(&request, &["busy", "idle"]).await;
        client.shut_down(kernel).await;
    }
    std::fs::remove_dir_all(folder).unwrap();
}
