//! Bad, huge, many and vanishing: served or refused, and the next one is served.

use bytes::Bytes;
use jupyter::Endpoint;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::client::{Client, Kernel, To};
use crate::engine::Script;

#[tokio::test]
async fn bad_messages_are_dropped_and_the_next_is_served() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let good = client.frames("kernel_info_request", &json!({}));
    let changed = |index: usize, bytes: &'static [u8]| {
        let mut frames = good.clone();
        frames[index] = Bytes::from_static(bytes);
        frames
    };
    let bad = [
        changed(1, b""),
        changed(
            1,
            b"0000000000000000000000000000000000000000000000000000000000000000",
        ),
        changed(1, b"not hex"),
        changed(2, b"{"),
        changed(5, b"\xff\xfe"),
        changed(0, b"<IDS|MSG"),
        good[..4].to_vec(),
        good[..1].to_vec(),
        vec![Bytes::new()],
        vec![Bytes::from_static(b"<IDS|MSG>"); 40],
    ];
    for channel in [To::Shell, To::Control, To::Stdin] {
        for frames in &bad {
            client.send_frames(channel, frames.clone()).await;
        }
    }
    client.cell("print a", "ok", &["stdout a⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn signed_nonsense_is_dropped_too() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let signer = jupyter::Signer::new(&kernel.connection.key);
    let deep = "[".repeat(100_000);
    for parts in [
        ["{", "{}", "{}", "{}"],
        ["{}", "{}", "{}", "{}"],
        ["[]", "{}", "{}", "{}"],
        [
            r#"{"msg_id": 1, "msg_type": "kernel_info_request"}"#,
            "{}",
            "{}",
            "{}",
        ],
        [
            r#"{"msg_id": "1", "msg_type": "execute_request"}"#,
            "{}",
            "{}",
            "null",
        ],
        [
            r#"{"msg_id": "1", "msg_type": "execute_request"}"#,
            "{}",
            "{}",
            deep.as_str(),
        ],
    ] {
        let signature = signer.sign(parts.map(str::as_bytes));
        let mut frames = vec![Bytes::from_static(b"<IDS|MSG>"), Bytes::from(signature)];
        frames.extend(parts.map(|part| Bytes::from(part.to_owned())));
        client.send_frames(To::Shell, frames).await;
    }
    client.cell("print a", "ok", &["stdout a⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_hundred_megabytes_are_served() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let huge = "x".repeat(100 << 20);
    let request = client
        .execute_with(&format!("print {huge}"), json!({"silent": true}))
        .await;
    let reply = client.answer(&request, "execute_reply").await;
    assert_eq!(reply["status"], "ok");
    // What it printed is more than a cell may show.
    let note = "stderr [fearless] 1 more lines (104857601 bytes) were printed and are not shown; \
                set FEARLESS_OUTPUT_LIMIT to a number of bytes to see more⏎";
    client.outputs(&request, &["busy", note, "idle"]).await;
    client.cell("print a", "ok", &["stdout a⏎"]).await;
    client.shut_down(kernel).await;
}

/// Nine bytes that announce a terabyte, from a process that knows no key.
#[tokio::test]
async fn a_frame_of_an_absurd_length_ends_its_connection_only() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let file = kernel.connection.clone();
    let peers = [
        (file.shell_port, "DEALER"),
        (file.control_port, "DEALER"),
        (file.stdin_port, "DEALER"),
        (file.hb_port, "REQ"),
        (file.iopub_port, "SUB"),
    ];
    for (port, kind) in peers {
        let Endpoint::Ipc(path) = file.endpoint(port) else {
            unreachable!("the tests use ipc")
        };
        let mut peer = UnixStream::connect(path).await.unwrap();
        let mut greeting = [0; 64];
        (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
        greeting[12..16].copy_from_slice(b"NULL");
        let mut bytes = greeting.to_vec();
        let length = u8::try_from(kind.len()).unwrap();
        bytes.extend([4, 22 + length]);
        bytes.extend(b"\x05READY\x0bSocket-Type\0\0\0");
        bytes.push(length);
        bytes.extend(kind.as_bytes());
        bytes.extend([2, 0, 0, 1, 0, 0, 0, 0, 0]);
        peer.write_all(&bytes).await.unwrap();
        // The kernel greets, and then hangs up.
        let mut greeted = Vec::new();
        peer.read_to_end(&mut greeted).await.unwrap();
        assert!(greeted.len() > 64);
    }
    client.cell("print a", "ok", &["stdout a⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn a_thousand_rapid_requests_are_answered_in_order() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let mut requests = Vec::new();
    for _ in 0..1000 {
        requests.push(
            client
                .send(To::Shell, "kernel_info_request", json!({}))
                .await,
        );
    }
    for request in &requests {
        client.answer(request, "kernel_info_reply").await;
    }
    for request in &requests {
        client.outputs(request, &["busy", "idle"]).await;
    }
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn clients_that_vanish_in_the_middle_harm_nobody() {
    let script = Script::ready();
    let kernel = Kernel::start(script.clone());
    let mut client = Client::connect(&kernel).await;
    for _ in 0..5 {
        let mut gone = Client::connect(&kernel).await;
        let request = gone.execute("wait\nprint a").await;
        for kind in ["status", "execute_input"] {
            assert_eq!(client.output().await.kind, kind);
        }
        drop(gone);
        script.release();
        client.outputs(&request, &["stdout a⏎", "idle"]).await;
    }
    client.cell("print b", "ok", &["stdout b⏎"]).await;
    client.shut_down(kernel).await;
}

#[tokio::test]
async fn who_asked_and_vanished_is_not_waited_for() {
    let kernel = Kernel::start(Script::ready());
    let mut client = Client::connect(&kernel).await;
    let mut gone = Client::connect(&kernel).await;
    let request = gone.execute("ask are you there?").await;
    for kind in ["status", "execute_input"] {
        assert_eq!(client.output().await.kind, kind);
    }
    drop(gone);
    // The stop button frees the cell.
    let interrupt = client
        .send(To::Control, "interrupt_request", json!({}))
        .await;
    client.reply(To::Control).await;
    let mut idle = 0;
    while idle < 2 {
        let output = client.output().await;
        assert!(output.parent == request || output.parent == interrupt);
        idle += u32::from(output.content["execution_state"] == "idle");
    }
    client.cell("print b", "ok", &["stdout b⏎"]).await;
    client.shut_down(kernel).await;
}
