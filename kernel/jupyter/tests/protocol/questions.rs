//! Requests beside cells, idle and while a cell runs.

use serde_json::{Value, json};

use crate::client::{Client, Kernel, To};
use crate::engine::Script;

/// Asks on shell and checks the outputs.
async fn ask(client: &mut Client, kind: &str, content: Value) -> Value {
    let request = client
        .send(To::Shell, &format!("{kind}_request"), content)
        .await;
    let reply = client.answer(&request, &format!("{kind}_reply")).await;
    client.outputs(&request, &["busy", "idle"]).await;
    reply
}

#[tokio::test]
async fn kernel_info_is_answered_while_the_engine_starts() {
    let script = Script::slow();
    let kernel = Kernel::start(script.clone());
    let mut client = Client::connect(&kernel).await;
    let info = ask(&mut client, "kernel_info", json!({})).await;
    assert_eq!(info["status"], "ok");
    assert_eq!(info["protocol_version"], "5.5");
    assert_eq!(info["implementation"], "fearless");
    assert_eq!(info["banner"], "a script");
    assert_eq!(info["supported_features"], json!([]));
    assert_eq!(info["language_info"]["name"], "rust");
    assert_eq!(info["language_info"]["file_extension"], ".rs");
    assert_eq!(info["language_info"]["pygments_lexer"], "rust");
    script.start();
    client.cell("print a", "ok", &["stdout a⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn completions_are_typed_and_count_code_points() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let reply = ask(
        &mut client,
        "complete",
        json!({"code": "é😀x.y", "cursor_pos": 3}),
    )
    .await;
    assert_eq!(reply["status"], "ok");
    assert_eq!(reply["matches"], json!(["é😀x!"]));
    assert_eq!(
        (&reply["cursor_start"], &reply["cursor_end"]),
        (&json!(0), &json!(3))
    );
    let typed = json!([{
        "text": "é😀x!", "type": "function", "signature": "fn()", "start": 0, "end": 3,
    }]);
    assert_eq!(reply["metadata"]["_jupyter_types_experimental"], typed);
    let reply = ask(
        &mut client,
        "complete",
        json!({"code": "ab", "cursor_pos": 99}),
    )
    .await;
    assert_eq!(reply["cursor_end"], 2);
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn inspections_have_two_levels_and_may_find_nothing() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    for detail in [0, 1] {
        let asked = json!({"code": "x", "cursor_pos": 1, "detail_level": detail});
        let reply = ask(&mut client, "inspect", asked).await;
        assert_eq!(
            (&reply["status"], &reply["found"]),
            (&json!("ok"), &json!(true))
        );
        assert_eq!(
            reply["data"]["text/plain"],
            format!("x at 1, detail {detail}")
        );
    }
    let reply = ask(&mut client, "inspect", json!({"code": "", "cursor_pos": 0})).await;
    assert_eq!(
        (&reply["found"], &reply["data"]),
        (&json!(false), &json!({}))
    );
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn is_complete_gives_the_indent() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let table = [
        ("1 + 1", json!({"status": "complete"})),
        ("opens {", json!({"status": "incomplete", "indent": "  "})),
        ("closes }", json!({"status": "invalid"})),
    ];
    for (code, expected) in table {
        assert_eq!(
            ask(&mut client, "is_complete", json!({"code": code})).await,
            expected
        );
    }
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn questions_are_answered_while_a_cell_runs() {
    let script = Script::ready();
    let kernel = Kernel::start(script.clone());
    let mut client = Client::connect(&kernel).await;
    let cell = client.execute("print running\nwait").await;
    for kind in ["status", "execute_input", "stream"] {
        let output = client.output().await;
        assert_eq!((output.kind.as_str(), &output.parent), (kind, &cell));
    }
    for kind in [
        "complete",
        "inspect",
        "is_complete",
        "kernel_info",
        "history",
        "comm_info",
    ] {
        let asked = json!({"code": "x", "cursor_pos": 1});
        let request = client
            .send(To::Shell, &format!("{kind}_request"), asked)
            .await;
        let reply = client.answer(&request, &format!("{kind}_reply")).await;
        if kind == "complete" {
            assert_eq!(reply["matches"], json!(["x!"]));
        }
        client.outputs(&request, &["busy", "idle"]).await;
        // The cell still runs, and front ends are reminded.
        let reminder = client.output().await;
        assert_eq!(
            (&reminder.parent, &reminder.content["execution_state"]),
            (&cell, &json!("busy"))
        );
    }
    script.release();
    assert_eq!(client.answer(&cell, "execute_reply").await["status"], "ok");
    client.outputs(&cell, &["idle"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn comms_tell_the_last_report_and_nothing_else_is_known() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let open = json!({"comm_id": "c1", "target_name": "fearless.report", "data": {}});
    let request = client.send(To::Shell, "comm_open", open).await;
    let told = r#"comm_msg {"report":{"version":1},"echo":{}}"#;
    client.outputs(&request, &["busy", told, "idle"]).await;

    let request = client
        .send(To::Shell, "comm_msg", json!({"comm_id": "c1", "data": 7}))
        .await;
    let told = r#"comm_msg {"report":{"version":1},"echo":7}"#;
    client.outputs(&request, &["busy", told, "idle"]).await;

    let info = ask(&mut client, "comm_info", json!({})).await;
    assert_eq!(
        info["comms"],
        json!({"c1": {"target_name": "fearless.report"}})
    );
    let info = ask(&mut client, "comm_info", json!({"target_name": "other"})).await;
    assert_eq!(info["comms"], json!({}));

    let request = client
        .send(To::Shell, "comm_close", json!({"comm_id": "c1"}))
        .await;
    client.outputs(&request, &["busy", "idle"]).await;
    assert_eq!(
        ask(&mut client, "comm_info", json!({})).await["comms"],
        json!({})
    );

    let unknown = json!({"comm_id": "c2", "target_name": "jupyter.widget", "data": {}});
    let request = client.send(To::Shell, "comm_open", unknown).await;
    client
        .outputs(&request, &["busy", "comm_close {}", "idle"])
        .await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn what_is_unknown_or_wrong_is_refused() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let reply = ask(&mut client, "create_subshell", json!({})).await;
    assert_eq!(
        (&reply["status"], &reply["ename"]),
        (&json!("error"), &json!("UnknownMessage"))
    );
    let reply = ask(&mut client, "complete", json!({})).await;
    assert_eq!(
        (&reply["status"], &reply["ename"]),
        (&json!("error"), &json!("BadRequest"))
    );
    let reply = ask(&mut client, "history", json!({"hist_access_type": "guess"})).await;
    assert_eq!(reply["status"], "error");
    let reply = ask(&mut client, "execute", json!({"code": 1})).await;
    assert_eq!(
        (&reply["status"], &reply["ename"]),
        (&json!("error"), &json!("BadRequest"))
    );
    let reply = ask(
        &mut client,
        "debug",
        json!({"seq": 3, "command": "initialize"}),
    )
    .await;
    assert_eq!(
        (&reply["success"], &reply["request_seq"]),
        (&json!(false), &json!(3))
    );
    // No request, so there is no answer, and the next message is served.
    client.send(To::Shell, "something_else", json!({})).await;
    client.cell("print a", "ok", &["stdout a⏎"]).await;
    client.shut_down(kernel).await;
}
