//! A schedule as text that people copy: what `:replay` is given.

use std::fmt;
use std::str::FromStr;

use crate::point::ThreadId;
use crate::random::mix;
use crate::schedule::Schedule;

/// The version that is written and understood.
const VERSION: u8 = 1;

/// The characters of a token: base64 as in URLs.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A schedule and the code that it belongs to. As text, it begins with its version and has its
/// length and a checksum, so that what is wrong with it can be said.
///
/// ```
/// use explore::{Schedule, ThreadId, Token, TokenError};
///
/// let schedule = Schedule {
///     threads: vec![ThreadId(1), ThreadId(2), ThreadId(1)],
///     ..Schedule::default()
/// };
/// let text = Token { code: 7, schedule }.to_string();
/// let token: Token = text.parse().unwrap();
/// assert_eq!(token.schedule_for(7).unwrap().threads.len(), 3);
/// assert_eq!(token.schedule_for(8), Err(TokenError::OtherCode));
/// assert_eq!(text[..text.len() - 2].parse::<Token>(), Err(TokenError::Cut));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// A hash of all code that takes part.
    pub code: u64,
    /// The choices.
    pub schedule: Schedule,
}

/// Why a token is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// It holds characters that no token has.
    NotAToken,
    /// Its end is missing.
    Cut,
    /// Something in it was changed.
    Damaged,
    /// It is of another version.
    Version(u8),
    /// It belongs to other code.
    OtherCode,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenError::NotAToken => f.write_str(
                "this is no token: it holds characters that no token has; copy it from the report, without quotes",
            ),
            TokenError::Cut => {
                f.write_str("the token is cut: its end is missing; copy all of it from the report")
            }
            TokenError::Damaged => f.write_str(
                "the token is damaged: its checksum doesn't fit; copy it from the report once more",
            ),
            TokenError::Version(version) => write!(
                f,
                "the token is of version {version}, this Fearless understands version {VERSION}; explore again"
            ),
            TokenError::OtherCode => f.write_str(
                "the token belongs to other code, or this code (or what it uses) was edited since; explore again",
            ),
        }
    }
}

impl std::error::Error for TokenError {}

impl Token {
    /// The schedule, if it belongs to this code.
    pub fn schedule_for(&self, code: u64) -> Result<&Schedule, TokenError> {
        (self.code == code)
            .then_some(&self.schedule)
            .ok_or(TokenError::OtherCode)
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend_from_slice(&self.code.to_le_bytes());
        let threads = self.schedule.threads.iter().map(|thread| thread.0);
        put_runs(&mut body, threads);
        put_runs(&mut body, self.schedule.data.iter().copied());
        put(&mut body, self.schedule.checks.len() as u64);
        body.extend_from_slice(&self.schedule.checks);
        body
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        let mut bytes = vec![VERSION];
        put(&mut bytes, body.len() as u64);
        bytes.extend_from_slice(&body);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        for group in bytes.chunks(3) {
            let mut bits = 0u32;
            for (position, byte) in group.iter().enumerate() {
                bits |= u32::from(*byte) << (16 - 8 * position);
            }
            for position in 0..=group.len() {
                let letter = bits >> (18 - 6 * position) & 63;
                write!(f, "{}", char::from(LETTERS[letter as usize]))?;
            }
        }
        Ok(())
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Token, TokenError> {
        let bytes = letters_to_bytes(text.trim())?;
        let mut all = Reader(&bytes);
        let version = all.byte().ok_or(TokenError::Cut)?;
        if version != VERSION {
            return Err(TokenError::Version(version));
        }
        let length = all.number().ok_or(TokenError::Cut)? as usize;
        let head = bytes.len() - all.0.len();
        let end = head.checked_add(length).ok_or(TokenError::Damaged)?;
        let wanted = end.checked_add(4).ok_or(TokenError::Damaged)?;
        if bytes.len() < wanted {
            return Err(TokenError::Cut);
        }
        if bytes.len() > wanted || checksum(&bytes[..end]).to_le_bytes() != bytes[end..] {
            return Err(TokenError::Damaged);
        }
        read_body(Reader(&bytes[head..end])).ok_or(TokenError::Damaged)
    }
}

fn read_body(mut body: Reader<'_>) -> Option<Token> {
    let code = u64::from_le_bytes(body.take(8)?.try_into().ok()?);
    let threads = body.runs()?.into_iter().map(ThreadId).collect();
    let data = body.runs()?;
    let count = body.number()? as usize;
    let checks = body.take(count)?.to_vec();
    let schedule = Schedule {
        threads,
        data,
        checks,
    };
    body.0.is_empty().then_some(Token { code, schedule })
}

/// Numbers, each with how often it comes in a row.
fn put_runs(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = u32>) {
    let mut runs: Vec<(u32, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((last, times)) if *last == number => *times += 1,
            _ => runs.push((number, 1)),
        }
    }
    put(bytes, runs.len() as u64);
    for (number, times) in runs {
        put(bytes, u64::from(number));
        put(bytes, times);
    }
}

/// A number in as few bytes as it takes, seven bits each.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn checksum(bytes: &[u8]) -> u32 {
    let each = |hash, byte: &u8| mix(hash ^ u64::from(*byte));
    bytes.iter().fold(0x9e37_79b9, each) as u32
}

fn letters_to_bytes(text: &str) -> Result<Vec<u8>, TokenError> {
    let (mut bits, mut count) = (0u32, 0);
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter);
        bits = bits << 6 | value.ok_or(TokenError::NotAToken)? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Ok(bytes)
}

/// More steps than any run has: what decodes to more was not written by us.
const MOST: u64 = 1 << 28;

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn runs(&mut self) -> Option<Vec<u32>> {
        let mut numbers = Vec::new();
        for _ in 0..self.number()? {
            let number = u32::try_from(self.number()?).ok()?;
            let times = self.number()?;
            if times > MOST - numbers.len() as u64 {
                return None;
            }
            numbers.extend((0..times).map(|_| number));
        }
        Some(numbers)
    }
}
