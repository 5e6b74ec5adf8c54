//! The stop button, the questions of a cell, and the end.

use serde_json::json;

use crate::client::{Client, Kernel, To};
use crate::engine::Script;

/// Waits until the cell has begun.
async fn running(client: &mut Client, cell: &str) {
    for kind in ["status", "execute_input"] {
        let output = client.output().await;
        assert_eq!((output.kind.as_str(), output.parent.as_str()), (kind, cell));
    }
}

#[tokio::test]
async fn an_interrupt_ends_the_cell_and_aborts_what_is_queued() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let cell = client
        .execute_with("wait", json!({"stop_on_error": false}))
        .await;
    running(&mut client, &cell).await;
    let queued = client
        .execute_with("print never", json!({"stop_on_error": false}))
        .await;
    // Once this is answered, the cell before it is queued.
    let info = client
        .send(To::Shell, "kernel_info_request", json!({}))
        .await;
    client.answer(&info, "kernel_info_reply").await;

    let interrupt = client
        .send(To::Control, "interrupt_request", json!({}))
        .await;
    let reply = client.reply(To::Control).await;
    assert_eq!(
        (reply.kind.as_str(), &reply.content),
        ("interrupt_reply", &json!({"status": "ok"}))
    );
    let mut statuses = std::collections::BTreeMap::from([(cell.clone(), 0)]);
    let mut replies = Vec::new();
    for _ in 0..2 {
        let reply = client.reply(To::Shell).await;
        replies.push((reply.parent.clone(), reply.content["status"].clone()));
    }
    replies.sort_by_key(|(parent, _)| *parent != cell);
    let expected = [
        (cell.clone(), json!("error")),
        (queued.clone(), json!("aborted")),
    ];
    assert_eq!(replies, expected);
    // The four requests end with `idle` each, in whatever order; the cell with one error.
    let mut errors = 0;
    while [&cell, &queued, &info, &interrupt]
        .iter()
        .any(|id| statuses.get(*id) != Some(&2))
    {
        let output = client.output().await;
        match output.kind.as_str() {
            "status" if output.content["execution_state"] == "idle" => {
                statuses.insert(output.parent, 2);
            }
            "status" => {}
            "error" => {
                assert_eq!(
                    (&output.parent, &output.content["ename"]),
                    (&cell, &json!("interrupted"))
                );
                errors += 1;
            }
            other => panic!("unexpected {other}"),
        }
    }
    assert_eq!(errors, 1);
    client.cell("print a", "ok", &["stdout a⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn an_interrupt_without_a_cell_is_answered() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let request = client
        .send(To::Control, "interrupt_request", json!({}))
        .await;
    assert_eq!(
        client.reply(To::Control).await.content,
        json!({"status": "ok"})
    );
    client.outputs(&request, &["busy", "idle"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_cell_asks_the_person() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let cell = client.execute("print first\nask your name?").await;
    let question = client.reply(To::Stdin).await;
    assert_eq!(
        (question.kind.as_str(), question.parent.as_str()),
        ("input_request", &*cell)
    );
    assert_eq!(
        question.content,
        json!({"prompt": "your name?", "password": false})
    );
    // What was printed before the question is there when it is asked.
    running(&mut client, &cell).await;
    assert_eq!(client.output().await.content["text"], "first\n");
    client
        .send(
            To::Stdin,
            "input_reply",
            json!({"status": "ok", "value": "Ada"}),
        )
        .await;
    assert_eq!(client.answer(&cell, "execute_reply").await["status"], "ok");
    client.outputs(&cell, &["stdout Ada⏎", "idle"]).await;
    // Nobody asked: ignored.
    client
        .send(
            To::Stdin,
            "input_reply",
            json!({"status": "ok", "value": "Eve"}),
        )
        .await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_client_without_stdin_is_not_asked() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let cell = client
        .execute_with("ask name?", json!({"allow_stdin": false}))
        .await;
    client.answer(&cell, "execute_reply").await;
    client
        .outputs(
            &cell,
            &["busy", "execute_input 1", "stdout nobody⏎", "idle"],
        )
        .await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn an_interrupt_takes_the_question_back() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let cell = client.execute("ask name?\nask again?").await;
    client.reply(To::Stdin).await;
    running(&mut client, &cell).await;
    let interrupt = client
        .send(To::Control, "interrupt_request", json!({}))
        .await;
    client.reply(To::Control).await;
    client.answer(&cell, "execute_reply").await;
    let mut idle = 0;
    let mut text = String::new();
    while idle < 2 {
        let output = client.output().await;
        assert!(output.parent == cell || output.parent == interrupt);
        idle += u32::from(output.content["execution_state"] == "idle");
        text += output.content["text"].as_str().unwrap_or_default();
    }
    assert_eq!(text, "nobody\nnobody\n");
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn the_end_ends_the_running_cell_and_the_engine() {
    let script = Script::ready();
    let kernel = Kernel::start(script.clone());
    let mut client = Client::connect(&kernel).await;
    let cell = client.execute("wait").await;
    running(&mut client, &cell).await;
    client
        .send(To::Control, "shutdown_request", json!({"restart": true}))
        .await;
    let reply = client.reply(To::Control).await;
    assert_eq!(reply.content, json!({"status": "ok", "restart": true}));
    kernel.ended().await;
    assert!(script.was_killed() && script.was_shut_down());
}

#[tokio::test]
async fn a_kernel_that_is_still_starting_can_be_ended() {
    let script = Script::slow();
    let kernel = Kernel::start(script.clone());
    let client = Client::connect(&kernel).await;
    client.shut_down(kernel).await;
    assert!(script.was_shut_down());
}
