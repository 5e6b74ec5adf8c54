//! As much of ZMTP 3.0 (NULL mechanism) as the listening side needs: greeting, READY, frames.
//!
//! Everything read here comes from whoever can reach the port, so lengths are checked before
//! anything is allocated.

use std::io;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How long a peer may take to say who it is.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The longest READY.
const MAX_READY: u64 = 64 << 10;

/// Which socket this side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Publishes to SUB and XSUB.
    Xpub,
    /// Serves DEALER, REQ and ROUTER.
    Router,
}

impl Role {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Xpub => b"XPUB",
            Self::Router => b"ROUTER",
        }
    }

    fn serves(self, peer: &[u8]) -> bool {
        match self {
            Self::Xpub => matches!(peer, b"SUB" | b"XSUB"),
            Self::Router => matches!(peer, b"DEALER" | b"REQ" | b"ROUTER"),
        }
    }
}

/// A frame of this size is allocated before it comes.
const TRUSTED: u64 = 64 << 10;

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// Version 3.0, mechanism NULL: signature (10 bytes), version (2), mechanism (20), as-server (1),
/// filler (31).
fn greeting() -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[0] = 0xff;
    bytes[9] = 0x7f;
    bytes[10] = 3;
    bytes[12..16].copy_from_slice(b"NULL");
    bytes
}

/// Greets a peer that has just connected; returns the identity it chose, which may be empty.
///
/// # Errors
/// The peer speaks another protocol, version or mechanism, is a socket that does not go with this
/// one, takes too long, or went away.
pub async fn accept<S>(stream: &mut S, role: Role) -> io::Result<Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    tokio::time::timeout(HANDSHAKE, shake_hands(stream, role))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn shake_hands<S>(stream: &mut S, role: Role) -> io::Result<Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(&greeting()).await?;
    let mut theirs = [0; 64];
    stream.read_exact(&mut theirs).await?;
    let is_zmtp3 = theirs[0] == 0xff && theirs[9] & 1 == 1 && theirs[10] >= 3;
    if !is_zmtp3 || theirs[12..32] != greeting()[12..32] {
        return Err(refused(
            "the peer does not speak ZMTP 3 with the NULL mechanism",
        ));
    }
    let mut ready = BytesMut::new();
    put_property(&mut ready, b"\x05READY", b"Socket-Type", role.name());
    let mut command = vec![COMMAND, ready.len() as u8];
    command.extend_from_slice(&ready);
    stream.write_all(&command).await?;
    let Frame::Command(body) = read_frame(stream, MAX_READY).await?.0 else {
        return Err(refused("the peer sends messages before it is ready"));
    };
    if !ready_property(&body, "socket-type").is_some_and(|peer| role.serves(peer)) {
        return Err(refused("the peer is no socket that goes with this one"));
    }
    Ok(Bytes::copy_from_slice(
        ready_property(&body, "identity").unwrap_or_default(),
    ))
}

fn put_property(out: &mut BytesMut, command: &[u8], name: &[u8], value: &[u8]) {
    out.put_slice(command);
    out.put_u8(name.len() as u8);
    out.put_slice(name);
    out.put_u32(value.len() as u32);
    out.put_slice(value);
}

/// A property of a READY command.
fn ready_property<'a>(body: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    let mut rest = body.strip_prefix(b"\x05READY")?;
    while let Some((name, value, next)) = property(rest) {
        if name.eq_ignore_ascii_case(wanted.as_bytes()) {
            return Some(value);
        }
        rest = next;
    }
    None
}

fn property(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some((name, value, rest))
}

/// What a peer sends.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A frame of a message.
    Data(Bytes),
    /// A command, its name included.
    Command(Bytes),
}

/// Reads one frame, and whether more of its message follow.
///
/// # Errors
/// The peer went away, or announced a frame longer than `limit`.
pub async fn read_frame<S: AsyncRead + Unpin>(
    stream: &mut S,
    limit: u64,
) -> io::Result<(Frame, bool)> {
    let flags = stream.read_u8().await?;
    let length = if flags & LONG == 0 {
        u64::from(stream.read_u8().await?)
    } else {
        stream.read_u64().await?
    };
    if length > limit {
        return Err(refused("the peer announced a frame that is too long"));
    }
    let body = if length <= TRUSTED {
        let mut body = vec![0; length as usize];
        stream.read_exact(&mut body).await?;
        body
    } else {
        // Grows with what really comes.
        let mut body = Vec::with_capacity(TRUSTED as usize);
        stream.take(length).read_to_end(&mut body).await?;
        if (body.len() as u64) < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        body
    };
    let body = Bytes::from(body);
    let frame = if flags & COMMAND == 0 {
        Frame::Data(body)
    } else {
        Frame::Command(body)
    };
    Ok((frame, flags & MORE != 0))
}

/// A change of what a peer subscribes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Subscription {
    /// From now on, messages whose first frame begins so.
    Add(Bytes),
    /// No longer.
    Remove(Bytes),
}

/// The subscription in a frame, if it is one: ZMTP 3.0 sends them as messages, 3.1 as commands.
pub fn subscription(frame: &Frame) -> Option<Subscription> {
    let after =
        |body: &Bytes, prefix: &[u8]| body.starts_with(prefix).then(|| body.slice(prefix.len()..));
    match frame {
        Frame::Data(body) => after(body, &[1])
            .map(Subscription::Add)
            .or_else(|| after(body, &[0]).map(Subscription::Remove)),
        Frame::Command(body) => after(body, b"\x09SUBSCRIBE")
            .map(Subscription::Add)
            .or_else(|| after(body, b"\x06CANCEL").map(Subscription::Remove)),
    }
}

/// Writes one message.
///
/// # Errors
/// The peer went away.
pub async fn write_message<S>(stream: &mut S, frames: &[Bytes]) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    for (index, frame) in frames.iter().enumerate() {
        let more = if index + 1 < frames.len() { MORE } else { 0 };
        match u8::try_from(frame.len()) {
            Ok(length) => stream.write_all(&[more, length]).await?,
            Err(_) => {
                stream.write_u8(more | LONG).await?;
                stream.write_u64(frame.len() as u64).await?;
            }
        }
        stream.write_all(frame).await?;
    }
    Ok(())
}

/// The error for a peer that is sent away.
pub fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        runtime.unwrap().block_on(future)
    }

    fn ready(socket_type: &[u8]) -> Vec<u8> {
        let mut body = BytesMut::new();
        put_property(&mut body, b"\x05READY", b"Socket-Type", socket_type);
        let mut bytes = greeting().to_vec();
        bytes.extend([COMMAND, body.len() as u8]);
        bytes.extend(body);
        bytes
    }

    fn accept_as(role: Role, bytes: &[u8]) -> io::Result<Bytes> {
        block_on(async {
            let (mut peer, mut ours) = tokio::io::duplex(1 << 20);
            peer.write_all(bytes).await?;
            peer.shutdown().await?;
            accept(&mut ours, role).await
        })
    }

    #[test]
    fn peers_that_fit_are_let_in_and_nobody_else() {
        let xpub = |bytes: &[u8]| accept_as(Role::Xpub, bytes).is_ok();
        assert!(xpub(&ready(b"SUB")) && xpub(&ready(b"XSUB")));
        assert!(!xpub(&ready(b"DEALER")));
        assert!(!xpub(b"GET / HTTP/1.1\r\n\r\n"));
        let mut curve = ready(b"SUB");
        curve[12..17].copy_from_slice(b"CURVE");
        assert!(!xpub(&curve));
        let router = |bytes: &[u8]| accept_as(Role::Router, bytes).is_ok();
        assert!(router(&ready(b"DEALER")) && router(&ready(b"REQ")));
        assert!(!router(&ready(b"SUB")));
    }

    #[test]
    fn an_absurd_length_is_refused_before_it_is_allocated() {
        let mut bytes: &[u8] = &[LONG, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        let error = block_on(read_frame(&mut bytes, 1 << 30)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_long_frame_is_read_whole_or_not_at_all() {
        let mut bytes = vec![LONG | MORE];
        bytes.extend(200_000_u64.to_be_bytes());
        bytes.extend(vec![7; 200_000]);
        let (frame, more) = block_on(read_frame(&mut &bytes[..], 1 << 30)).unwrap();
        assert_eq!(frame, Frame::Data(Bytes::from(vec![7; 200_000])));
        assert!(more);
        let error = block_on(read_frame(&mut &bytes[..100_000], 1 << 30)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn an_identity_is_optional() {
        assert_eq!(accept_as(Role::Router, &ready(b"DEALER")).unwrap(), "");
        let mut body = BytesMut::new();
        put_property(&mut body, b"\x05READY", b"Socket-Type", b"DEALER");
        put_property(&mut body, b"", b"Identity", b"me");
        let mut bytes = greeting().to_vec();
        bytes.extend([COMMAND, body.len() as u8]);
        bytes.extend(body);
        assert_eq!(accept_as(Role::Router, &bytes).unwrap(), "me");
    }

    #[test]
    fn both_forms_of_subscription_are_understood() {
        let data = |body: &'static [u8]| Frame::Data(Bytes::from_static(body));
        let command = |body: &'static [u8]| Frame::Command(Bytes::from_static(body));
        let topic = Bytes::from_static(b"stream");
        assert_eq!(
            subscription(&data(b"\x01stream")),
            Some(Subscription::Add(topic.clone()))
        );
        assert_eq!(
            subscription(&data(b"\x00stream")),
            Some(Subscription::Remove(topic.clone()))
        );
        let add = subscription(&command(b"\x09SUBSCRIBEstream"));
        assert_eq!(add, Some(Subscription::Add(topic.clone())));
        let remove = subscription(&command(b"\x06CANCELstream"));
        assert_eq!(remove, Some(Subscription::Remove(topic)));
        assert_eq!(subscription(&data(b"")), None);
        assert_eq!(subscription(&command(b"\x04PING")), None);
    }

    #[test]
    fn short_and_long_frames_are_written() {
        let long = Bytes::from(vec![7; 300]);
        let mut out = Vec::new();
        block_on(write_message(
            &mut out,
            &[Bytes::from_static(b"ab"), long.clone()],
        ))
        .unwrap();
        assert_eq!(out[..4], [MORE, 2, b'a', b'b']);
        assert_eq!(out[4..13], [LONG, 0, 0, 0, 0, 0, 0, 1, 44]);
        assert_eq!(out[13..], long);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut behind_greeting = greeting().to_vec();
            behind_greeting.extend(&bytes);
            prop_assert!(accept_as(Role::Router, &bytes).is_err());
            let _ = accept_as(Role::Router, &behind_greeting);
            let _ = ready_property(&bytes, "identity");
        }

        #[test]
        fn what_is_written_is_read_however_it_is_cut(
            message in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 1..6),
            room in 1usize..100,
        ) {
            let message: Vec<Bytes> = message.into_iter().map(Bytes::from).collect();
            let read = block_on(async {
                let (mut writer, mut reader) = tokio::io::duplex(room);
                let write = async {
                    let written = write_message(&mut writer, &message).await;
                    drop(writer);
                    written
                };
                let read = async {
                    let mut frames = Vec::new();
                    loop {
                        let (frame, more) = read_frame(&mut reader, 1 << 20).await?;
                        frames.push(frame);
                        if !more {
                            return io::Result::Ok(frames);
                        }
                    }
                };
                let (written, read) = tokio::join!(write, read);
                written.and(read)
            });
            let expected: Vec<Frame> = message.into_iter().map(Frame::Data).collect();
            prop_assert_eq!(read.unwrap(), expected);
        }
    }
}
