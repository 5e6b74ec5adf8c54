//! Heartbeat, subscriptions, headers, two clients, TCP.

use std::net::TcpListener;

use jupyter::{ServerSettings, serve};
use serde_json::json;
use zeromq::{ReqSocket, Socket, SocketRecv, SocketSend, SubSocket, ZmqMessage};

use crate::client::{Client, Kernel, To};
use crate::engine::Script;

#[tokio::test]
async fn heartbeats_are_echoed_also_when_peers_vanish() {
    let kernel = Kernel::start(Script::ready());
    let endpoint = kernel.endpoint(kernel.connection.hb_port);
    for round in 0..20 {
        let mut peer = ReqSocket::new();
        peer.connect(&endpoint).await.unwrap();
        let ping = format!("ping {round}");
        peer.send(ZmqMessage::from(ping.clone())).await.unwrap();
        // Every other peer leaves without waiting for the echo.
        if round % 2 == 0 {
            assert_eq!(peer.recv().await.unwrap().into_vec(), [ping]);
        }
    }
    Client::connect(&kernel).await.shut_down(kernel).await;
}

#[tokio::test]
async fn subscribers_get_what_they_subscribed_to() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let mut errors = SubSocket::new();
    errors
        .connect(&kernel.endpoint(kernel.connection.iopub_port))
        .await
        .unwrap();
    errors.subscribe("error").await.unwrap();
    let welcome = errors.recv().await.unwrap().into_vec();
    assert_eq!(welcome[0], "error");
    let request = client.execute("print a\nerror b").await;
    client.answer(&request, "execute_reply").await;
    let expected = [
        "busy",
        "execute_input 1",
        "stdout a⏎",
        "error E0277 b",
        "idle",
    ];
    client.outputs(&request, &expected).await;
    assert_eq!(errors.recv().await.unwrap().into_vec()[0], "error");
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn headers_are_whole_and_of_one_session() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    client.execute("").await;
    let reply = client.reply(To::Shell).await;
    let mut sessions = vec![reply.header["session"].clone()];
    let mut ids = vec![reply.header["msg_id"].clone()];
    for _ in 0..3 {
        let output = client.output().await;
        assert_eq!(output.header["version"], "5.5");
        assert!(output.header["date"].as_str().unwrap().ends_with('Z'));
        assert_eq!(output.header["username"], "kernel");
        sessions.push(output.header["session"].clone());
        ids.push(output.header["msg_id"].clone());
    }
    sessions.dedup();
    assert_eq!(sessions.len(), 1);
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!(ids.len(), 4);
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn two_clients_see_each_others_outputs_and_their_own_replies() {
    let kernel = Kernel::start(Script::ready());
    let mut one = Client::connect(&kernel).await;
    let mut two = Client::connect(&kernel).await;
    let first = one.execute("print from one").await;
    let second = two.execute("print from two").await;
    one.answer(&first, "execute_reply").await;
    two.answer(&second, "execute_reply").await;
    for client in [&mut one, &mut two] {
        let mut printed = Vec::new();
        let mut idle = 0;
        while idle < 2 {
            let output = client.output().await;
            idle += u32::from(output.content["execution_state"] == "idle");
            if output.kind == "stream" {
                printed.push((output.parent, output.content["text"].clone()));
            }
        }
        printed.sort_by_key(|(parent, _)| *parent != first);
        let expected = [
            (first.clone(), json!("from one\n")),
            (second.clone(), json!("from two\n")),
        ];
        assert_eq!(printed, expected);
    }
    drop(two);
    one.cell("print a", "ok", &["stdout a⏎"]).await;
    one.shut_down(kernel).await;
}

/// Two clients of one jupyter_client manager have one session, and that is their identity.
#[tokio::test]
async fn two_clients_with_one_identity_get_their_own_replies() {
    let kernel = Kernel::start(Script::ready());
    let mut one = Client::connect(&kernel).await;
    let mut two = Client::connect_as(&kernel, one.identity.clone()).await;
    for round in 0..3 {
        let first = one.execute("print one").await;
        let second = two.execute("print two").await;
        assert_eq!(
            one.answer(&first, "execute_reply").await["status"],
            "ok",
            "{round}"
        );
        assert_eq!(
            two.answer(&second, "execute_reply").await["status"],
            "ok",
            "{round}"
        );
    }
    drop(two);
    let last = one.execute("").await;
    one.answer(&last, "execute_reply").await;
    one.end(kernel).await;
}

#[tokio::test]
async fn a_client_that_connects_again_gets_the_reply_that_was_on_its_way() {
    let script = Script::ready();
    let kernel = Kernel::start(script.clone());
    let mut client = Client::connect(&kernel).await;
    let cell = client.execute("print a\nwait").await;
    while client.output().await.kind != "stream" {}
    let identity = client.identity.clone();
    drop(client);
    let mut again = Client::connect_as(&kernel, identity).await;
    // Answered on the same connection, so the new one is known when the cell ends.
    let info = again
        .send(To::Shell, "kernel_info_request", json!({}))
        .await;
    again.answer(&info, "kernel_info_reply").await;
    script.release();
    assert_eq!(again.answer(&cell, "execute_reply").await["status"], "ok");
    again.end(kernel).await;
}

/// The system gives five ports that are free now; the kernel takes them at once.
fn free_ports() -> Vec<u16> {
    let listeners: Vec<_> = (0..5)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    listeners
        .iter()
        .map(|listener| listener.local_addr().unwrap().port())
        .collect()
}

#[tokio::test]
async fn tcp_works_and_a_taken_port_is_one_sentence() {
    let ports = free_ports();
    let fields = json!({
        "transport": "tcp", "ip": "127.0.0.1", "shell_port": ports[0], "iopub_port": ports[1],
        "stdin_port": ports[2], "control_port": ports[3], "hb_port": ports[4],
    });
    let kernel = Kernel::at(fields, Script::ready(), |_| ());
    let mut client = Client::connect(&kernel).await;
    client.cell("print a", "ok", &["stdout a⏎"]).await;

    let connection = kernel.connection.clone();
    let second = move || serve(&connection, Script::ready(), ServerSettings::default());
    let taken = tokio::task::spawn_blocking(second)
        .await
        .unwrap()
        .unwrap_err()
        .to_string();
    assert!(
        taken.contains("cannot listen at tcp://127.0.0.1"),
        "{taken}"
    );
    assert_eq!(taken.lines().count(), 1);
    client.cell("print b", "ok", &["stdout b⏎"]).await;
    client.shut_down(kernel).await;
}
