//! Signatures of messages: HMAC-SHA256 over four frames, compared in constant time.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Signs and verifies with the key of the connection file. An empty key turns both off, as the
/// protocol says.
#[derive(Clone)]
pub struct Signer(Option<Hmac<Sha256>>);

impl Signer {
    /// A signer with this key.
    pub fn new(key: &str) -> Self {
        let mac = (!key.is_empty())
            .then(|| Hmac::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length"));
        Self(mac)
    }

    /// The signature of `frames` in lower-case hex; empty without a key.
    pub fn sign<'a>(&self, frames: impl IntoIterator<Item = &'a [u8]>) -> String {
        let Some(mac) = &self.0 else {
            return String::new();
        };
        let digest = feed(mac, frames).finalize().into_bytes();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether `signature` (hex) is the one of `frames`; always true without a key.
    pub fn verify<'a>(&self, frames: impl IntoIterator<Item = &'a [u8]>, signature: &[u8]) -> bool {
        let Some(mac) = &self.0 else {
            return true;
        };
        // `verify_slice` compares in constant time; only the signature's form is looked at before.
        decode_hex(signature).is_some_and(|digest| feed(mac, frames).verify_slice(&digest).is_ok())
    }
}

impl std::fmt::Debug for Signer {
    /// Tells whether there is a key, never which.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "Signer(key)"
        } else {
            "Signer(no key)"
        })
    }
}

fn feed<'a>(mac: &Hmac<Sha256>, frames: impl IntoIterator<Item = &'a [u8]>) -> Hmac<Sha256> {
    let mut mac = mac.clone();
    for frame in frames {
        mac.update(frame);
    }
    mac
}

fn decode_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |c: &u8| char::from(*c).to_digit(16).map(|value| value as u8);
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks(2)
        .map(|pair| Some(digit(&pair[0])? << 4 | digit(&pair[1])?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn agrees_with_the_rfc() {
        let signer = Signer::new("Jefe");
        let digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let frames: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert_eq!(signer.sign(frames), digest);
        assert!(signer.verify(frames, digest.as_bytes()));
        assert!(signer.verify(frames, digest.to_uppercase().as_bytes()));
    }

    #[test]
    fn refuses_everything_else() {
        let signer = Signer::new("secret");
        let frames: [&[u8]; 1] = [b"{}"];
        let good = signer.sign(frames);
        let bad = [
            "".to_owned(),
            "zz".to_owned(),
            good[..62].to_owned(),
            format!("{good}00"),
            good.replace(&good[0..1], if &good[0..1] == "0" { "1" } else { "0" }),
        ];
        for signature in bad {
            assert!(
                !signer.verify(frames, signature.as_bytes()),
                "accepted {signature:?}"
            );
        }
        assert!(!signer.verify([b"{} ".as_slice()], good.as_bytes()));
    }

    #[test]
    fn an_empty_key_turns_signing_off() {
        let signer = Signer::new("");
        assert_eq!(signer.sign([b"{}".as_slice()]), "");
        assert!(signer.verify([b"{}".as_slice()], b"whatever"));
    }
}
