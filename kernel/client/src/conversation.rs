//! A conversation with a kernel over its five channels.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use jupyter::{Asked, ConnectionFile, Encoder, Parent, Signer};
use serde_json::{Map, Value, json};
use zeromq::util::PeerIdentity;
use zeromq::{
    DealerSocket, ReqSocket, Socket, SocketOptions, SocketRecv, SocketSend, SubSocket, ZmqError,
    ZmqMessage,
};

use crate::{CellOutput, Error, Message};

/// What a connection may take once someone listens.
const CONNECT: Duration = Duration::from_secs(10);
/// What an answer may take that needs no compiler.
const ANSWER: Duration = Duration::from_secs(30);
/// What a cell may take to its next output. The first one may wait for our std to be built.
const CELL: Duration = Duration::from_secs(300);

/// The channels that take requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// What is answered in turn.
    Shell,
    /// What is answered at once: interrupt and shutdown.
    Control,
    /// The kernel's questions, and their answers.
    Stdin,
}

impl Channel {
    fn name(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Control => "control",
            Self::Stdin => "stdin",
        }
    }
}

/// What a cell that runs has for its front end.
#[derive(Clone, Debug)]
pub enum Event {
    /// An output, or a change of its state.
    Output(Message),
    /// A question, for [`Client::answer_to`].
    Question(Message),
}

/// A front end that is connected.
pub struct Client {
    shell: DealerSocket,
    control: DealerSocket,
    stdin: DealerSocket,
    heartbeat: ReqSocket,
    iopub: SubSocket,
    encoder: Encoder,
    signer: Signer,
}

impl Client {
    /// Connects all channels, and waits until outputs arrive.
    ///
    /// # Errors
    /// A channel refuses, or the kernel does not greet who subscribes (JEP 65).
    pub async fn connect(to: &ConnectionFile) -> Result<Self, Error> {
        // A kernel asks who sent a cell: shell and stdin must come from one peer.
        let peer = PeerIdentity::new();
        let dealer = async |channel: Channel, port| {
            let mut options = SocketOptions::default();
            options.peer_identity(peer.clone());
            let socket = DealerSocket::with_options(options);
            connected(socket, channel.name(), to, port).await
        };
        let mut iopub = connected(SubSocket::new(), "iopub", to, to.iopub_port).await?;
        iopub
            .subscribe("")
            .await
            .map_err(|error| broken("iopub", &error))?;
        let signer = Signer::new(&to.key);
        let mut client = Self {
            shell: dealer(Channel::Shell, to.shell_port).await?,
            control: dealer(Channel::Control, to.control_port).await?,
            stdin: dealer(Channel::Stdin, to.stdin_port).await?,
            heartbeat: connected(ReqSocket::new(), "heartbeat", to, to.hb_port).await?,
            iopub,
            encoder: Encoder::new(signer.clone()),
            signer,
        };
        loop {
            let greeting = client.output("the greeting", ANSWER).await?;
            if greeting.kind == "iopub_welcome" {
                return Ok(client);
            }
        }
    }

    /// Sends a few bytes to the heartbeat channel, which must come back as they are.
    ///
    /// # Errors
    /// They don't.
    pub async fn beat(&mut self) -> Result<(), Error> {
        const CHANNEL: &str = "heartbeat";
        let sent = Bytes::copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        self.heartbeat
            .send(ZmqMessage::from(sent.clone()))
            .await
            .map_err(|error| broken(CHANNEL, &error))?;
        let echo = within(ANSWER, CHANNEL, "the echo", self.heartbeat.recv()).await?;
        if echo.into_vec() == [sent] {
            return Ok(());
        }
        Err(Error::BadMessage {
            channel: CHANNEL,
            cause: "other bytes came back than were sent".to_owned(),
        })
    }

    /// Sends a request and waits for its reply.
    ///
    /// # Errors
    /// The connection breaks, or no reply comes.
    pub async fn ask(
        &mut self,
        channel: Channel,
        kind: &str,
        content: Value,
    ) -> Result<Message, Error> {
        let request = self.send(channel, kind, &Parent::none(), &content).await?;
        self.reply(channel, &request, ANSWER).await
    }

    /// Runs a cell to its end, whatever that is.
    ///
    /// # Errors
    /// The connection breaks, or the kernel falls silent.
    pub async fn run(&mut self, code: &str) -> Result<CellOutput, Error> {
        let request = self.begin(code, false).await?;
        self.finish(&request, CellOutput::default()).await
    }

    /// Sends a cell, and returns its request's `msg_id`. `asks` says whether it may ask a question,
    /// which is to be answered with [`answer`](Self::answer).
    ///
    /// # Errors
    /// The connection breaks.
    pub async fn begin(&mut self, code: &str, asks: bool) -> Result<String, Error> {
        let content = json!({
            "code": code, "silent": false, "store_history": true, "user_expressions": {},
            "allow_stdin": asks, "stop_on_error": true,
        });
        self.request_execution(&content).await
    }

    /// Sends a cell that is no part of the user's history, and may ask questions; returns its
    /// request's `msg_id`.
    ///
    /// # Errors
    /// The connection breaks.
    pub async fn begin_aside(&mut self, code: &str) -> Result<String, Error> {
        let content = json!({
            "code": code, "silent": false, "store_history": false, "user_expressions": {},
            "allow_stdin": true, "stop_on_error": true,
        });
        self.request_execution(&content).await
    }

    async fn request_execution(&mut self, content: &Value) -> Result<String, Error> {
        self.send(Channel::Shell, "execute_request", &Parent::none(), content)
            .await
    }

    /// Waits until a cell has printed `text`; returns what came until then, for
    /// [`finish`](Self::finish).
    ///
    /// # Errors
    /// The connection breaks, or the kernel falls silent. A cell that ends without it is no error.
    pub async fn until_printed(&mut self, request: &str, text: &str) -> Result<CellOutput, Error> {
        let mut cell = CellOutput::default();
        while !cell.stdout().contains(text) && !self.take(request, &mut cell).await? {}
        Ok(cell)
    }

    /// Waits for a cell's end, and adds what comes until then.
    ///
    /// # Errors
    /// The connection breaks, or the kernel falls silent.
    pub async fn finish(
        &mut self,
        request: &str,
        mut cell: CellOutput,
    ) -> Result<CellOutput, Error> {
        let ended = |output: &Message| output.text("execution_state") == "idle";
        if !cell.outputs.iter().any(ended) {
            while !self.take(request, &mut cell).await? {}
        }
        cell.reply = self.reply(Channel::Shell, request, ANSWER).await?.content;
        Ok(cell)
    }

    /// Waits for the question of a cell, and answers it; returns the question.
    ///
    /// # Errors
    /// The connection breaks, or no question comes.
    pub async fn answer(&mut self, answer: &str) -> Result<String, Error> {
        let question = self.receive(Channel::Stdin, "a question", CELL).await?;
        self.answer_to(&question, answer).await?;
        Ok(question.text("prompt").to_owned())
    }

    /// Answers a question.
    ///
    /// # Errors
    /// The connection breaks.
    pub async fn answer_to(&mut self, question: &Message, answer: &str) -> Result<(), Error> {
        let asker = Parent::new(Vec::new(), question.header.clone(), Asked::default());
        let content = json!({"value": answer});
        self.send(Channel::Stdin, "input_reply", &asker, &content)
            .await?;
        Ok(())
    }

    /// What comes next, of whatever cell; for who waits as long as it takes. Nothing is lost where
    /// the wait is given up.
    ///
    /// # Errors
    /// The connection breaks.
    pub async fn next_event(&mut self) -> Result<Event, Error> {
        let (channel, received) = tokio::select! {
            received = self.iopub.recv() => ("iopub", received),
            received = self.stdin.recv() => (Channel::Stdin.name(), received),
        };
        let frames = received.map_err(|error| broken(channel, &error))?;
        let message = self.read(channel, &frames.into_vec())?;
        Ok(match channel {
            "iopub" => Event::Output(message),
            _ => Event::Question(message),
        })
    }

    /// Takes one output; adds it to the cell if it is the cell's. Whether it was the cell's last.
    async fn take(&mut self, request: &str, cell: &mut CellOutput) -> Result<bool, Error> {
        let output = self.output("a cell's output", CELL).await?;
        if output.parent != request {
            return Ok(false);
        }
        let last = output.text("execution_state") == "idle";
        cell.outputs.push(output);
        Ok(last)
    }

    async fn send(
        &mut self,
        channel: Channel,
        kind: &str,
        parent: &Parent,
        content: &Value,
    ) -> Result<String, Error> {
        let frames = self.encoder.encode(kind, parent, &Map::new(), content);
        let header: Value = serde_json::from_slice(&frames[2]).unwrap_or_default();
        let broke = |cause: String| Error::Broken {
            channel: channel.name(),
            cause,
        };
        let message = ZmqMessage::try_from(frames).map_err(|error| broke(error.to_string()))?;
        self.socket(channel)
            .send(message)
            .await
            .map_err(|error| broke(error.to_string()))?;
        Ok(header["msg_id"].as_str().unwrap_or_default().to_owned())
    }

    /// The reply to a request; replies to earlier ones that nobody waited for are passed over.
    async fn reply(
        &mut self,
        channel: Channel,
        request: &str,
        patience: Duration,
    ) -> Result<Message, Error> {
        loop {
            let reply = self.receive(channel, "the reply", patience).await?;
            if reply.parent == request {
                return Ok(reply);
            }
        }
    }

    async fn receive(
        &mut self,
        channel: Channel,
        awaited: &str,
        patience: Duration,
    ) -> Result<Message, Error> {
        let name = channel.name();
        let frames = within(patience, name, awaited, self.socket(channel).recv()).await?;
        self.read(name, &frames.into_vec())
    }

    async fn output(&mut self, awaited: &str, patience: Duration) -> Result<Message, Error> {
        let frames = within(patience, "iopub", awaited, self.iopub.recv()).await?;
        self.read("iopub", &frames.into_vec())
    }

    fn read(&self, channel: &'static str, frames: &[Bytes]) -> Result<Message, Error> {
        Message::parse(frames, &self.signer).map_err(|cause| Error::BadMessage { channel, cause })
    }

    fn socket(&mut self, channel: Channel) -> &mut DealerSocket {
        match channel {
            Channel::Shell => &mut self.shell,
            Channel::Control => &mut self.control,
            Channel::Stdin => &mut self.stdin,
        }
    }
}

async fn connected<S: Socket>(
    mut socket: S,
    channel: &'static str,
    to: &ConnectionFile,
    port: u16,
) -> Result<S, Error> {
    let endpoint = to.endpoint(port).to_string();
    let cause = match tokio::time::timeout(CONNECT, socket.connect(&endpoint)).await {
        Ok(Ok(())) => return Ok(socket),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("nobody answered for {CONNECT:?}"),
    };
    Err(Error::Refused {
        channel,
        endpoint,
        cause,
    })
}

/// Waits for a message, but not for ever.
async fn within(
    patience: Duration,
    channel: &'static str,
    awaited: &str,
    message: impl Future<Output = Result<ZmqMessage, ZmqError>>,
) -> Result<ZmqMessage, Error> {
    match tokio::time::timeout(patience, message).await {
        Ok(received) => received.map_err(|error| broken(channel, &error)),
        Err(_) => Err(Error::Silent {
            channel,
            awaited: awaited.to_owned(),
            waited: patience,
        }),
    }
}

fn broken(channel: &'static str, error: &ZmqError) -> Error {
    Error::Broken {
        channel,
        cause: error.to_string(),
    }
}
