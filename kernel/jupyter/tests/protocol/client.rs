//! A front end in a few lines, and the kernel it talks to, over Unix sockets.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use jupyter::{
    ConnectionFile, Encoder, EngineFactory, Parent, Request, ServerSettings, Signer, serve,
};
use serde_json::{Map, Value, json};
use zeromq::util::PeerIdentity;
use zeromq::{DealerSocket, Socket, SocketOptions, SocketRecv, SocketSend, SubSocket, ZmqMessage};

/// What a message may take to come: much longer than it does.
const PATIENCE: Duration = Duration::from_secs(20);

/// A kernel on a thread of this process.
pub struct Kernel {
    pub connection: ConnectionFile,
    folder: PathBuf,
    thread: JoinHandle<Result<(), jupyter::Error>>,
}

impl Kernel {
    /// A kernel on Unix sockets, which no other process can take.
    pub fn start(factory: impl EngineFactory) -> Self {
        Self::with(factory, |_| ())
    }

    pub fn with(factory: impl EngineFactory, set: impl FnOnce(&mut ServerSettings)) -> Self {
        Self::at(json!({"transport": "ipc"}), factory, set)
    }

    /// A kernel with these fields of the connection file.
    pub fn at(
        fields: Value,
        factory: impl EngineFactory,
        set: impl FnOnce(&mut ServerSettings),
    ) -> Self {
        static KERNELS: AtomicU32 = AtomicU32::new(0);
        let number = KERNELS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("fearless-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut file = json!({
            "ip": folder.join("k"), "key": "secret",
            "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5,
        });
        file.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let connection: ConnectionFile = serde_json::from_value(file).unwrap();
        let mut settings = ServerSettings::default();
        set(&mut settings);
        let theirs = connection.clone();
        let thread = std::thread::spawn(move || serve(&theirs, factory, settings));
        Self {
            connection,
            folder,
            thread,
        }
    }

    pub fn endpoint(&self, port: u16) -> String {
        self.connection.endpoint(port).to_string()
    }

    /// Waits for the kernel's end, after which nothing of it is left.
    pub async fn ended(self) {
        let end = tokio::task::spawn_blocking(|| self.thread.join().unwrap());
        tokio::time::timeout(PATIENCE, end)
            .await
            .expect("the kernel ends")
            .unwrap()
            .unwrap();
        let left: Vec<_> = std::fs::read_dir(&self.folder).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        std::fs::remove_dir(&self.folder).unwrap();
    }
}

/// The channels that take requests.
#[derive(Clone, Copy)]
pub enum To {
    Shell,
    Control,
    Stdin,
}

/// One message, as far as tests look at it.
#[derive(Debug)]
pub struct Message {
    pub kind: String,
    pub content: Value,
    /// `msg_id` of the parent.
    pub parent: String,
    pub header: Map<String, Value>,
}

/// A front end.
pub struct Client {
    shell: DealerSocket,
    control: DealerSocket,
    stdin: DealerSocket,
    pub iopub: SubSocket,
    pub identity: PeerIdentity,
    encoder: Encoder,
    signer: Signer,
}

impl Client {
    /// Connects all channels and waits until outputs arrive.
    pub async fn connect(kernel: &Kernel) -> Self {
        Self::connect_as(kernel, PeerIdentity::new()).await
    }

    pub async fn connect_as(kernel: &Kernel, identity: PeerIdentity) -> Self {
        let dealer = |port: u16| {
            let (identity, endpoint) = (identity.clone(), kernel.endpoint(port));
            async move {
                let mut options = SocketOptions::default();
                options.peer_identity(identity);
                let mut socket = DealerSocket::with_options(options);
                socket.connect(&endpoint).await.unwrap();
                socket
            }
        };
        let file = &kernel.connection;
        let mut iopub = SubSocket::new();
        iopub
            .connect(&kernel.endpoint(file.iopub_port))
            .await
            .unwrap();
        let signer = Signer::new(&file.key);
        let mut client = Self {
            shell: dealer(file.shell_port).await,
            control: dealer(file.control_port).await,
            stdin: dealer(file.stdin_port).await,
            iopub,
            identity: identity.clone(),
            encoder: Encoder::new(signer.clone()),
            signer,
        };
        client.iopub.subscribe("").await.unwrap();
        let first = client.output().await;
        assert_eq!(first.kind, "iopub_welcome");
        assert_eq!(first.content, json!({"subscription": ""}));
        client
    }

    /// Sends a request and returns its `msg_id`.
    pub async fn send(&mut self, to: To, kind: &str, content: Value) -> String {
        let frames = self
            .encoder
            .encode(kind, &Parent::none(), &Map::new(), &content);
        let header: Value = serde_json::from_slice(&frames[2]).unwrap();
        self.send_frames(to, frames).await;
        header["msg_id"].as_str().unwrap().to_owned()
    }

    pub async fn send_frames(&mut self, to: To, frames: Vec<Bytes>) {
        let message = ZmqMessage::try_from(frames).unwrap();
        self.socket(to).send(message).await.unwrap();
    }

    /// The frames of a request, to be spoilt.
    pub fn frames(&self, kind: &str, content: &Value) -> Vec<Bytes> {
        self.encoder
            .encode(kind, &Parent::none(), &Map::new(), content)
    }

    /// Runs a cell.
    pub async fn execute(&mut self, code: &str) -> String {
        self.execute_with(code, json!({})).await
    }

    pub async fn execute_with(&mut self, code: &str, extra: Value) -> String {
        let mut content = json!({
            "code": code, "silent": false, "store_history": true, "user_expressions": {},
            "allow_stdin": true, "stop_on_error": true,
        });
        content
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        self.send(To::Shell, "execute_request", content).await
    }

    /// The next message on a channel.
    pub async fn reply(&mut self, from: To) -> Message {
        let received = tokio::time::timeout(PATIENCE, self.socket(from).recv()).await;
        self.read(received.expect("a reply comes").unwrap().into_vec())
    }

    /// The next output.
    pub async fn output(&mut self) -> Message {
        let received = tokio::time::timeout(PATIENCE, self.iopub.recv()).await;
        let mut frames = received.expect("an output comes").unwrap().into_vec();
        frames.remove(0);
        self.read(frames)
    }

    /// The next reply on shell: its status and content, with the request it must answer.
    pub async fn answer(&mut self, request: &str, kind: &str) -> Value {
        let reply = self.reply(To::Shell).await;
        assert_eq!(
            (reply.kind.as_str(), reply.parent.as_str()),
            (kind, request)
        );
        reply.content
    }

    /// Checks the outputs of a request, one line each, from `busy` to `idle`.
    pub async fn outputs(&mut self, request: &str, expected: &[&str]) {
        let mut shown = Vec::new();
        while shown.last().is_none_or(|last| last != "idle") {
            let output = self.output().await;
            assert_eq!(output.parent, request, "{output:?}");
            shown.push(show(&output));
        }
        assert_eq!(shown, expected);
    }

    /// Runs a cell to its end: checks the reply's status and the outputs between `busy` with
    /// `execute_input`, and `idle`.
    pub async fn cell(&mut self, code: &str, status: &str, between: &[&str]) -> Value {
        let request = self.execute(code).await;
        let reply = self.answer(&request, "execute_reply").await;
        assert_eq!(reply["status"], status, "{reply}");
        let input = format!("execute_input {}", reply["execution_count"]);
        let mut expected = vec!["busy", &input];
        expected.extend(between);
        expected.push("idle");
        self.outputs(&request, &expected).await;
        reply
    }

    /// Ends the kernel, after which no output but that is left.
    pub async fn shut_down(mut self, kernel: Kernel) {
        let request = self
            .send(To::Control, "shutdown_request", json!({"restart": false}))
            .await;
        let reply = self.reply(To::Control).await;
        assert_eq!(reply.kind, "shutdown_reply");
        assert_eq!(reply.content, json!({"status": "ok", "restart": false}));
        self.outputs(&request, &["busy", "shutdown_reply", "idle"])
            .await;
        kernel.ended().await;
    }

    /// Ends the kernel, whatever outputs are left.
    pub async fn end(mut self, kernel: Kernel) {
        self.send(To::Control, "shutdown_request", json!({"restart": false}))
            .await;
        assert_eq!(self.reply(To::Control).await.kind, "shutdown_reply");
        kernel.ended().await;
    }

    fn socket(&mut self, which: To) -> &mut DealerSocket {
        match which {
            To::Shell => &mut self.shell,
            To::Control => &mut self.control,
            To::Stdin => &mut self.stdin,
        }
    }

    fn read(&self, frames: Vec<Bytes>) -> Message {
        let message = Request::parse(&frames, &self.signer).expect("a signed message");
        let delimiter = frames
            .iter()
            .position(|frame| frame == "<IDS|MSG>".as_bytes())
            .unwrap();
        let parent: Value = serde_json::from_slice(&frames[delimiter + 3]).unwrap();
        Message {
            kind: message.msg_type,
            content: message.content.into(),
            parent: parent["msg_id"].as_str().unwrap_or_default().to_owned(),
            header: message.parent.header().clone(),
        }
    }
}

/// One line for an output.
fn show(output: &Message) -> String {
    let content = &output.content;
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('\n', "⏎");
    let plain = || text(&content["data"]["text/plain"]);
    match output.kind.as_str() {
        "status" => text(&content["execution_state"]),
        "stream" => format!("{} {}", text(&content["name"]), text(&content["text"])),
        "execute_input" => format!("execute_input {}", content["execution_count"]),
        "execute_result" => format!("execute_result {} {}", content["execution_count"], plain()),
        "display_data" | "update_display_data" => {
            format!(
                "{} {} {}",
                output.kind,
                text(&content["transient"]["display_id"]),
                plain()
            )
        }
        "error" => format!(
            "error {} {}",
            text(&content["ename"]),
            text(&content["evalue"])
        ),
        "comm_msg" | "comm_close" => format!("{} {}", output.kind, content["data"]),
        other => other.to_owned(),
    }
}
