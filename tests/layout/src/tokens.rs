//! Rust source as a flat list of tokens: enough to find names, paths, blocks and attributes.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword; raw names come without their `r#`.
    Word,
    /// A string, a character or a number. Its text is not looked at, except in attributes.
    Literal,
    /// `'a`.
    Lifetime,
    /// One character of punctuation, or `::`.
    Mark,
}

/// One token.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its text; of a literal, with its quotes.
    pub text: String,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// For an opening bracket: where its closing one stands in the list.
    pub close: Option<usize>,
}

impl Token {
    /// Whether this is the word or the mark `text`, and not a literal.
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }
}

/// The tokens of a source, comments left out.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        rest: source,
        line: 1,
        found: Vec::new(),
    };
    while lexer.step() {}
    match_brackets(&mut lexer.found);
    lexer.found
}

fn match_brackets(tokens: &mut [Token]) {
    let mut open = Vec::new();
    for at in 0..tokens.len() {
        if tokens[at].kind != Kind::Mark {
            continue;
        }
        match tokens[at].text.as_str() {
            "(" | "[" | "{" => open.push(at),
            ")" | "]" | "}" => {
                if let Some(begin) = open.pop() {
                    tokens[begin].close = Some(at);
                }
            }
            _ => {}
        }
    }
}

struct Lexer<'s> {
    rest: &'s str,
    line: usize,
    found: Vec<Token>,
}

impl Lexer<'_> {
    /// Takes one token, one comment or one space; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip(block_comment(self.rest));
        } else if let Some(length) = string(self.rest) {
            self.take(Kind::Literal, length);
        } else if let Some(name) = self.rest.strip_prefix("r#") {
            self.skip(2);
            self.take(Kind::Word, word(name));
        } else if first == '_' || first.is_alphabetic() {
            self.take(Kind::Word, word(self.rest));
        } else if first.is_ascii_digit() {
            self.take(Kind::Literal, number(self.rest));
        } else if first == '\'' {
            match character(self.rest) {
                Some(length) => self.take(Kind::Literal, length),
                None => self.take(Kind::Lifetime, 1 + word(&self.rest[1..])),
            }
        } else if self.rest.starts_with("::") {
            self.take(Kind::Mark, 2);
        } else {
            self.take(Kind::Mark, first.len_utf8());
        }
        true
    }

    fn take(&mut self, kind: Kind, length: usize) {
        self.found.push(Token {
            kind,
            text: self.rest[..length].to_owned(),
            line: self.line,
            close: None,
        });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }
}

fn word(text: &str) -> usize {
    text.find(|c: char| c != '_' && !c.is_alphanumeric())
        .unwrap_or(text.len())
}

/// A number's length: `1.5` is one, `1..5` and `1.max(2)` begin with one.
fn number(text: &str) -> usize {
    let whole = word(text);
    match text[whole..].strip_prefix('.') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => whole + 1 + word(rest),
        _ => whole,
    }
}

/// The length of a character literal, unless this is a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut rest = text[1..].char_indices();
    let (_, first) = rest.next()?;
    if first == '\\' {
        // The escaped character may itself be a quote.
        rest.next();
        return rest.find(|(_, c)| *c == '\'').map(|(at, _)| at + 2);
    }
    match rest.next() {
        Some((at, '\'')) => Some(at + 2),
        _ => None,
    }
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string literal of any sort (`"…"`, `b"…"`, `r#"…"#`, `c"…"`, `b'…'`), if one
/// begins here.
fn string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            let raw = prefix.ends_with('r');
            let quotes = if raw {
                rest.trim_start_matches('#')
            } else {
                rest
            };
            quotes.starts_with('"') || (*prefix == "b" && quotes.starts_with('\''))
        })
    })?;
    let rest = &text[prefix.len()..];
    if rest.starts_with('\'') {
        return character(rest).map(|length| prefix.len() + length);
    }
    if prefix.ends_with('r') {
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let begin = prefix.len() + hashes + 1;
        let length = text[begin..].find(&end).unwrap_or(text.len() - begin);
        return Some((begin + length + end.len()).min(text.len()));
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(prefix.len() + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<String> {
        tokens(source)
            .into_iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn comments_and_literals_hide_what_they_hold() {
        let source = r####"
            // unsafe
            /* a /* nested */ unsafe */
            let s = "unsafe \" unsafe"; let r = r#"unsafe " unsafe"#; let b = b"unsafe";
            let c = '"'; let q = '\''; let n = '\n'; fn f<'unsafe_>() {} b'"'; end
        "####;
        let found = words(source);
        assert!(!found.contains(&"unsafe".to_owned()), "{found:?}");
        assert_eq!(found.last().unwrap(), "end");
    }

    #[test]
    fn brackets_know_where_they_close() {
        let found = tokens("{ ( ) [ { } ] }");
        assert_eq!(found[0].close, Some(7));
        assert_eq!(found[1].close, Some(2));
        assert_eq!(found[3].close, Some(6));
    }

    #[test]
    fn lines_are_counted_through_literals_and_comments() {
        let found = tokens("a\n/* \n */ \"\n\" b");
        assert_eq!(found.last().unwrap().line, 4);
    }

    #[test]
    fn numbers_end_before_a_range_and_a_method() {
        assert_eq!(words("0..n; 1.5; 1.max(2)"), ["n", "max"]);
    }
}
