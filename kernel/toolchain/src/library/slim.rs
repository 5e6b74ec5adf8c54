//! A source file without what can't be seen from outside: bodies of functions, attributes for the
//! compiler alone, and comments that are no documentation.
//!
//! rust-analyzer parses every file, and expands every macro again for each type that it is called
//! with; without the bodies that takes half the time. Documentation stays, each as one comment:
//! fewer tokens.

use super::public::public_only;
use ra_ap_parser::{Edition, LexedStr, SyntaxKind, T};
use ra_ap_syntax::SourceFile;

/// The edition of the standard library.
const EDITION: Edition = Edition::Edition2024;

/// Attributes that mean nothing to rust-analyzer; a macro repeats them for each number type.
const IDLE: [&str; 10] = [
    "allow",
    "cold",
    "inline",
    "must_use",
    "rustc_const_stable",
    "rustc_diagnostic_item",
    "rustc_inherit_overflow_checks",
    "rustc_promotable",
    "stable",
    "track_caller",
];

/// Shortens a file; one that isn't understood stays as it is.
pub fn slim(source: &str) -> String {
    let lexed = LexedStr::new(EDITION, source);
    let Some(ends) = group_ends(&lexed) else {
        return source.to_owned();
    };
    let mut file = File {
        lexed: &lexed,
        ends,
        text: String::with_capacity(source.len()),
        in_call: false,
    };
    file.write(0, lexed.len());
    let parsed = SourceFile::parse(&file.text, EDITION);
    if parsed.errors().is_empty() {
        public_only(&parsed.syntax_node())
    } else {
        source.to_owned()
    }
}

/// For each opening bracket, where its closing one is; `None` if they don't match.
fn group_ends(lexed: &LexedStr<'_>) -> Option<Vec<usize>> {
    let mut ends = vec![0; lexed.len()];
    let mut open = Vec::new();
    for at in 0..lexed.len() {
        match lexed.kind(at) {
            T!['('] | T!['['] | T!['{'] => open.push(at),
            T![')'] | T![']'] | T!['}'] => ends[open.pop()?] = at,
            _ => {}
        }
    }
    open.is_empty().then_some(ends)
}

struct File<'a> {
    lexed: &'a LexedStr<'a>,
    ends: Vec<usize>,
    /// What is kept.
    text: String,
    /// Among the arguments of a macro, which may ask for any of it.
    in_call: bool,
}

impl File<'_> {
    fn write(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            at = match self.lexed.kind(at) {
                SyntaxKind::COMMENT => self.write_comment(at),
                SyntaxKind::WHITESPACE => {
                    let line_ends = self.lexed.text(at).contains('\n');
                    self.text.push(if line_ends { '\n' } else { ' ' });
                    at + 1
                }
                T!['('] | T!['['] | T!['{'] if self.is_pattern(at) => {
                    // What a macro matches, to the letter.
                    let end = self.ends[at] + 1;
                    self.text.push_str(self.lexed.range_text(at..end));
                    end
                }
                T![fn] => match self.body(at) {
                    Some(body) => {
                        self.text.push_str("fn");
                        self.write(at + 1, body);
                        self.text.push_str("{}");
                        self.ends[body] + 1
                    }
                    None => self.keep(at),
                },
                T![!] => self.write_call(at),
                T![#] if !self.in_call => match self.idle_attribute(at) {
                    Some(end) => end + 1,
                    None => self.keep(at),
                },
                _ => self.keep(at),
            };
        }
    }

    /// Writes the arguments of a macro if one is called at the `!`; where the rest begins.
    fn write_call(&mut self, at: usize) -> usize {
        let name = self.lexed.kind(at.saturating_sub(1)) == SyntaxKind::IDENT;
        let open = self.next(at + 1);
        let opens =
            open.is_some_and(|open| matches!(self.lexed.kind(open), T!['('] | T!['['] | T!['{']));
        let Some(open) = open.filter(|_| name && opens) else {
            return self.keep(at);
        };
        let outer = std::mem::replace(&mut self.in_call, true);
        self.text.push_str(self.lexed.range_text(at..open + 1));
        self.write(open + 1, self.ends[open]);
        self.in_call = outer;
        self.ends[open]
    }

    /// The end of the attribute at `at`, if it is one without a meaning here.
    fn idle_attribute(&self, at: usize) -> Option<usize> {
        let open = self
            .next(at + 1)
            .filter(|open| self.lexed.kind(*open) == T!['['])?;
        let name = self.next(open + 1)?;
        IDLE.contains(&self.lexed.text(name))
            .then(|| self.ends[open])
    }

    fn keep(&mut self, at: usize) -> usize {
        self.text.push_str(self.lexed.text(at));
        at + 1
    }

    /// Writes the documentation that begins at a comment, if it is such; where the rest begins.
    fn write_comment(&mut self, at: usize) -> usize {
        let text = self.lexed.text(at);
        let Some(style) = line_style(text) else {
            let is_documentation =
                (text.starts_with("/**") && !text.starts_with("/***") && text != "/**/")
                    || text.starts_with("/*!");
            return if is_documentation {
                self.keep(at)
            } else {
                at + 1
            };
        };
        let mut lines = vec![&text[style.len()..]];
        let mut next = at + 1;
        while next + 1 < self.lexed.len()
            && self.lexed.kind(next) == SyntaxKind::WHITESPACE
            && self.lexed.text(next).matches('\n').count() == 1
            && line_style(self.lexed.text(next + 1)) == Some(style)
        {
            lines.push(&self.lexed.text(next + 1)[style.len()..]);
            next += 2;
        }
        let ends_early = lines
            .iter()
            .any(|line| line.contains("/*") || line.contains("*/"));
        if lines.len() == 1 || ends_early {
            return self.keep(at);
        }
        let open = if style == "///" { "/**" } else { "/*!" };
        let lines = lines.join("\n");
        self.text.extend([open, "\n", &lines, "\n*/"]);
        next
    }

    /// The body of the function whose `fn` stands at `at`, if it may go.
    fn body(&self, at: usize) -> Option<usize> {
        let name = self.next(at + 1)?;
        // `fn(…)` is a type; a macro's function may have a variable for its name.
        if !matches!(self.lexed.kind(name), SyntaxKind::IDENT | T![$])
            || self.is_without_parameters(name)
        {
            return None;
        }
        let mut at = name + 1;
        loop {
            match self.lexed.kind(at) {
                T!['('] | T!['['] => at = self.ends[at],
                T!['{'] => match self
                    .next(self.ends[at] + 1)
                    .map(|after| self.lexed.kind(after))
                {
                    // An argument of a generic type: `-> Array<{ N + 1 }>`.
                    Some(T![>]) => at = self.ends[at],
                    _ => return Some(at),
                },
                T![;] | T![')'] | T![']'] | T!['}'] => return None,
                _ => {}
            }
            at += 1;
            if at >= self.lexed.len() {
                return None;
            }
        }
    }

    /// Whether this function may compute an array's length in a signature, as `size_of::<Self>()`
    /// does.
    fn is_without_parameters(&self, name: usize) -> bool {
        let mut depth = 0;
        for at in name + 1..self.lexed.len() {
            match self.lexed.kind(at) {
                T![<] => depth += 1,
                T![>] if self.lexed.kind(at - 1) != T![-] => depth -= 1,
                T!['('] if depth == 0 => return self.next(at + 1) == Some(self.ends[at]),
                T!['{'] | T![;] => return false,
                _ => {}
            }
        }
        false
    }

    /// Whether `=>` follows the group: what a rule of a macro matches.
    fn is_pattern(&self, open: usize) -> bool {
        self.next(self.ends[open] + 1)
            .is_some_and(|at| self.lexed.range_text(at..(at + 2).min(self.lexed.len())) == "=>")
    }

    /// The next token that is neither comment nor space.
    fn next(&self, from: usize) -> Option<usize> {
        (from..self.lexed.len()).find(|at| !self.lexed.kind(*at).is_trivia())
    }
}

/// How a line of documentation begins.
fn line_style(comment: &str) -> Option<&'static str> {
    let is_plain = comment.starts_with("////");
    ["///", "//!"]
        .into_iter()
        .find(|style| comment.starts_with(style) && !is_plain)
}

#[cfg(test)]
mod tests {
    use super::slim;

    #[test]
    fn bodies_go_and_signatures_stay() {
        assert_eq!(
            slim(
                "impl A { pub fn f<F: Fn(u8) -> u8>(f: F) -> [u8; 2] where F: Copy, { g({ 1 }); }\n}"
            ),
            "impl A { pub fn f<F: Fn(u8) -> u8>(f: F) -> [u8; 2] where F: Copy, {}\n}"
        );
        assert_eq!(
            slim("fn f(a: A<{ 1 }>) -> A<{ 2 }> { a }"),
            "fn f(a: A<{ 1 }>) -> A<{ 2 }> {}"
        );
        let kept = "trait T { fn f(&self) -> fn(u8) -> u8; const N: fn(u8) = { g }; }";
        assert_eq!(slim(kept), kept);
    }

    #[test]
    fn what_may_be_an_arrays_length_stays() {
        let kept = "const fn size<T>() -> usize { 4 }\nfn f() -> [u8; size::<u32>()] { [0; 4] }";
        assert_eq!(slim(kept), kept);
    }

    #[test]
    fn macros_match_what_they_did_and_make_no_bodies() {
        assert_eq!(
            slim(
                "macro_rules! m { (fn $n:ident(x) { $($b:tt)* }) => { fn $n(x: u8) { $($b)* } }; }"
            ),
            "macro_rules! m { (fn $n:ident(x) { $($b:tt)* }) => { fn $n(x: u8) {} }; }"
        );
    }

    #[test]
    fn attributes_without_a_meaning_go_except_for_macros() {
        assert_eq!(
            slim(
                "#[stable(since = \"1\")] #[lang = \"a\"] macro_rules! m { ($a:meta) => { #[inline] #[$a] fn f(x: u8) {} } }"
            ),
            " #[lang = \"a\"] macro_rules! m { ($a:meta) => {  #[$a] fn f(x: u8) {} } }"
        );
        let kept = "m!(u8, #[stable(since = \"1\")]);";
        assert_eq!(slim(kept), kept);
    }

    #[test]
    fn documentation_stays_as_one_comment() {
        assert_eq!(
            slim("//! One\n\n/// Two\n///\n    /// three\n// no\n//// no\nfn f();\n"),
            "//! One\n/**\n Two\n\n three\n*/\n\n\nfn f();\n"
        );
        let kept = "/// `/*`\n/// b\nfn f();\n";
        assert_eq!(slim(kept), kept);
    }

    #[test]
    fn a_file_that_is_not_understood_stays() {
        for text in ["fn f(x: u8) { ( }", "struct { fn f(x: u8) { 1 }"] {
            assert_eq!(slim(text), text);
        }
    }
}
