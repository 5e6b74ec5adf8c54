//! What can be told from a cell's text, without a parser: read backwards and with care. In doubt,
//! nothing.

use std::collections::HashMap;

/// The statement that a line belongs to: with the lines around it when it is one of a chain of
/// calls.
pub(super) fn statement(
    lines: &HashMap<(u32, u32), String>,
    cell: u32,
    line: u32,
) -> Option<String> {
    const LONGEST: u32 = 8;
    let is_call = |line: u32| {
        let text = lines.get(&(cell, line));
        text.is_some_and(|text| text.trim_start().starts_with('.'))
    };
    let mut first = line;
    while is_call(first) && first > 1 && line - first < LONGEST {
        first -= 1;
    }
    let mut last = line;
    while is_call(last + 1) && last - line < LONGEST {
        last += 1;
    }
    let mut statement = String::new();
    for next in first..=last {
        statement += code_of(lines.get(&(cell, next))?).trim();
    }
    Some(statement)
}

/// Whether the line is `let _ = ….lock();`, binding the guard itself, perhaps unwrapped.
pub(super) fn drops_guard_at_once(line: &str) -> bool {
    let Some(start) = line.find("let _ =") else {
        return false;
    };
    if line[..start].contains("//") {
        return false;
    }
    let statement = &line[start + "let _ =".len()..];
    let calls = [".lock()", ".read()", ".write()"];
    let Some(end) = calls
        .iter()
        .filter_map(|call| Some(statement.rfind(call)? + call.len()))
        .max()
    else {
        return false;
    };
    // What follows may only take the guard out of its Result.
    let mut rest = statement[end..].trim();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest
            .strip_prefix(".unwrap()")
            .or_else(|| rest.strip_prefix('?'))
        {
            rest = after;
        } else if let Some(after) = rest.strip_prefix(".expect(") {
            match after.find(')') {
                Some(close) => rest = &after[close + 1..],
                None => return false,
            }
        } else {
            break;
        }
    }
    let before = &statement[..end];
    // `*m.lock().unwrap()`, `f(m.lock())`: not the guard itself.
    let is_plain = !before.trim_start().starts_with(['*', '&'])
        && before.matches('(').count() == before.matches(')').count();
    is_plain && rest.starts_with(';')
}

/// How long a guard lives that a statement takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// A variable's name.
    Named(String),
    /// It is made on the way to what this keyword looks at, and lives to the end of its body; the
    /// expression is what it looks at.
    Within {
        keyword: &'static str,
        expression: String,
    },
    /// In doubt.
    Unknown,
}

/// Of the statement that takes a lock. It may stand with others on a line, but as the only one
/// there that takes one.
pub(super) fn guard_of(statement: &str) -> Guard {
    const LOOKS: [(&str, &str); 4] = [
        ("while let ", "="),
        ("if let ", "="),
        ("for ", " in "),
        ("match ", ""),
    ];
    let code = code_of(statement);
    let calls = [".lock()", ".read()", ".write()"];
    let mut found = calls.iter().flat_map(|call| code.match_indices(call));
    let (Some((call, _)), None) = (found.next(), found.next()) else {
        return Guard::Unknown;
    };
    for (keyword, before) in LOOKS {
        // Blocks before the lock, `for _ in 0..3 { … m.lock()`, are around it, and not its own.
        let Some(start) = code[..call].rfind(keyword) else {
            continue;
        };
        let from = start + keyword.len();
        let rest = &code[from..];
        let begin = rest.find(before).map(|at| at + before.len());
        let (Some(begin), Some(end)) = (begin, rest.find('{')) else {
            continue;
        };
        if (from + begin..from + end).contains(&call) {
            return Guard::Within {
                keyword: keyword.trim_end(),
                expression: rest[begin..end].trim().to_owned(),
            };
        }
    }
    let begin = code[..call].rfind(['{', '}', ';']).map_or(0, |at| at + 1);
    let end = code[call..]
        .find(';')
        .map_or(code.len(), |at| call + at + 1);
    let bound = code[begin..end].trim_start().strip_prefix("let ");
    let bound = bound.and_then(|rest| rest.split_once('='));
    match bound {
        Some((pattern, value)) if is_whole_guard(value) => {
            let name = pattern.trim().trim_start_matches("mut ");
            let name = name.split(':').next().unwrap_or(name).trim();
            Guard::Named(name.to_owned())
        }
        _ => Guard::Unknown,
    }
}

/// An expression whose value outlives the guard it is made with, as its last call tells; none for a
/// reference.
pub(super) fn without_guard(expression: &str) -> Option<String> {
    if expression.starts_with('&') {
        return None;
    }
    let owned = match last_method(expression) {
        Some("iter" | "keys" | "values") => ".cloned().collect::<Vec<_>>()",
        Some("get" | "first" | "last" | "front" | "back" | "peek" | "as_ref") => ".cloned()",
        Some("as_str") => ".to_owned()",
        Some("as_slice") => ".to_vec()",
        Some("iter_mut" | "values_mut" | "get_mut" | "as_mut" | "drain" | "chars" | "lines") => {
            return None;
        }
        _ => "",
    };
    Some(format!("{expression}{owned}"))
}

/// The name of the method that an expression ends with a call of.
fn last_method(expression: &str) -> Option<&str> {
    let mut depth = 0;
    let open = expression
        .strip_suffix(')')?
        .char_indices()
        .rev()
        .find(|&(_, character)| {
            match character {
                ')' => depth += 1,
                '(' if depth == 0 => return true,
                '(' => depth -= 1,
                _ => {}
            }
            false
        })?
        .0;
    let (_, name) = expression[..open].rsplit_once('.')?;
    Some(name)
}

/// Whether an expression is a guard, perhaps out of its `Result`, and nothing made with it.
fn is_whole_guard(value: &str) -> bool {
    drops_guard_at_once(&format!("let _ = {}", value.trim()))
}

/// Whether the line stands in a loop within its function or closure; `None` when the text doesn't
/// tell.
pub(super) fn is_in_a_loop(
    lines: &HashMap<(u32, u32), String>,
    cell: u32,
    line: u32,
) -> Option<bool> {
    let text = lines.get(&(cell, line))?;
    if text.contains("wait_while") || text.contains("wait_timeout_while") || has_loop(text) {
        return Some(true);
    }
    // Blocks that are closed above the line don't hold it: depth counts those still to be opened.
    let mut depth = 0i32;
    for above in (1..line).rev() {
        let code = code_of(lines.get(&(cell, above))?);
        let mut opens_around = false;
        for character in code.chars().rev() {
            match character {
                '}' => depth += 1,
                '{' if depth == 0 => opens_around = true,
                '{' => depth -= 1,
                _ => {}
            }
        }
        if opens_around {
            if has_loop(&code) {
                return Some(true);
            }
            if is_boundary(&code) {
                return Some(false);
            }
        }
    }
    Some(false)
}

/// Whether a line begins a loop.
fn has_loop(code: &str) -> bool {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| matches!(word, "while" | "loop" | "for"))
}

/// Whether a line that opens a block opens a function or a closure.
fn is_boundary(code: &str) -> bool {
    let is_function = code
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| word == "fn");
    is_function
        || code
            .trim_end()
            .trim_end_matches('{')
            .trim_end()
            .ends_with('|')
}

/// A line without its comment and without what stands between quotes.
fn code_of(line: &str) -> String {
    let mut out = String::new();
    let mut in_string = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if in_string => {
                characters.next();
            }
            '"' => in_string = !in_string,
            '/' if !in_string && characters.peek() == Some(&'/') => break,
            '\'' if !in_string => {
                // `'{'` is a character; `'a` a lifetime.
                let mut ahead = characters.clone();
                if ahead.next().is_some() && ahead.next() == Some('\'') {
                    characters = ahead;
                }
            }
            c if !in_string => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_guard_itself_is_dropped_at_once() {
        let bad = [
            "let _ = m.lock();",
            "    let _ = m.lock().unwrap();",
            "let _ = state.0.lock().expect(\"fine\");",
            "let _ = table.write().unwrap(); // protects what follows",
            "{ let _ = m.lock()?; work(); }",
        ];
        for line in bad {
            assert!(drops_guard_at_once(line), "{line}");
        }
        let good = [
            "let _guard = m.lock().unwrap();",
            "let _ = m.lock().unwrap().push(3);",
            "let _ = m.lock().map(|mut n| *n += 1);",
            "let _ = *m.lock().unwrap();",
            "let _ = m.try_lock();",
            "// let _ = m.lock();",
            "let _ = tx.send(m.lock().unwrap());",
            "let _ = std::mem::take(&mut *m.lock().unwrap());",
        ];
        for line in good {
            assert!(!drops_guard_at_once(line), "{line}");
        }
    }

    #[test]
    fn a_guard_lives_as_long_as_its_statement_says() {
        let within = |keyword, expression: &str| Guard::Within {
            keyword,
            expression: expression.into(),
        };
        let named = |name: &str| Guard::Named(name.into());
        for (line, expected) in [
            (
                "    while let Ok(job) = rx.lock().unwrap().recv() {",
                within("while let", "rx.lock().unwrap().recv()"),
            ),
            (
                "if let Some(n) = map.read().unwrap().get(&1) { work(n) }",
                within("if let", "map.read().unwrap().get(&1)"),
            ),
            (
                "for n in list.lock().unwrap().iter() {",
                within("for", "list.lock().unwrap().iter()"),
            ),
            (
                "match state.lock().unwrap().next() {",
                within("match", "state.lock().unwrap().next()"),
            ),
            ("let mut log = m.lock().unwrap();", named("log")),
            ("let g: MutexGuard<u8> = m.lock()?;", named("g")),
            ("*m.lock().unwrap() += slow();", Guard::Unknown),
            ("let n = m.lock().unwrap().len();", Guard::Unknown),
            (
                "for _ in 0..3 { let mut g = m.lock().unwrap(); *g += 1; sleep(ms); }",
                named("g"),
            ),
            (
                "let t = spawn(move || { let _g = m.lock().unwrap(); sleep(ms); });",
                named("_g"),
            ),
            (
                "for _ in 0..3 { *m.lock().unwrap() += slow(); }",
                Guard::Unknown,
            ),
            (
                "for n in 0..3 { while let Some(job) = jobs.lock().unwrap().pop() { work(job); } }",
                within("while let", "jobs.lock().unwrap().pop()"),
            ),
            (
                "while let Ok(n) = rx.recv() { match state.lock().unwrap().next() {",
                within("match", "state.lock().unwrap().next()"),
            ),
            (
                "let a = m.lock().unwrap(); let b = n.lock().unwrap();",
                Guard::Unknown,
            ),
            ("work();", Guard::Unknown),
        ] {
            assert_eq!(guard_of(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_taken_out_of_a_lock_outlives_its_guard() {
        for (expression, expected) in [
            ("jobs.lock().unwrap().pop()", "jobs.lock().unwrap().pop()"),
            (
                "name.lock().unwrap().as_str()",
                "name.lock().unwrap().as_str().to_owned()",
            ),
            (
                "map.read().unwrap().get(&key(1))",
                "map.read().unwrap().get(&key(1)).cloned()",
            ),
            (
                "list.lock().unwrap().iter()",
                "list.lock().unwrap().iter().cloned().collect::<Vec<_>>()",
            ),
            ("*state.lock().unwrap()", "*state.lock().unwrap()"),
        ] {
            assert_eq!(without_guard(expression).as_deref(), Some(expected));
        }
        assert_eq!(without_guard("&*state.lock().unwrap()"), None);
        assert_eq!(without_guard("list.lock().unwrap().iter_mut()"), None);
    }

    #[test]
    fn a_chain_of_calls_is_one_statement() {
        let code = "fn f() {\n    let _ = self.table\n        .write() // \
                    now\n        .unwrap();\n    work();\n}";
        let lines = code.lines().zip(1..);
        let lines = lines.map(|(line, number)| ((1, number), line.to_owned()));
        let lines = lines.collect();
        for line in 3..=4 {
            let whole = statement(&lines, 1, line).unwrap();
            assert_eq!(whole, "let _ = self.table.write().unwrap();");
            assert!(drops_guard_at_once(&whole));
        }
        assert_eq!(statement(&lines, 1, 5).unwrap(), "work();");
        assert_eq!(statement(&lines, 1, 9), None);
    }

    fn in_a_loop(code: &str) -> Option<bool> {
        let line = code
            .lines()
            .position(|line| line.contains(".wait"))
            .unwrap() as u32
            + 1;
        let lines = code
            .lines()
            .zip(1..)
            .map(|(line, number)| ((1, number), line.to_owned()))
            .collect();
        is_in_a_loop(&lines, 1, line)
    }

    #[test]
    fn loops_around_a_wait_are_seen() {
        let good = [
            "let mut ready = lock.lock().unwrap();\nwhile !*ready {\n    ready = \
             cv.wait(ready).unwrap();\n}",
            "while !*ready { ready = cv.wait(ready).unwrap(); }",
            "loop {\n    if *ready { break; }\n    ready = cv.wait(ready).unwrap();\n}",
            "let g = cv.wait_while(g, |ready| !*ready).unwrap();",
            "while queue.is_empty() {\n    if done {\n        return;\n    }\n    queue = \
             cv.wait(queue).unwrap();\n}",
            "for _ in 0..3 {\n    let x = '}';\n    g = cv.wait(g).unwrap();\n}",
        ];
        for code in good {
            assert_eq!(in_a_loop(code), Some(true), "{code}");
        }
        let bad = [
            "let g = cv.wait(g).unwrap();",
            "if !*ready {\n    ready = cv.wait(ready).unwrap();\n}",
            "for _ in 0..3 {\n    thread::spawn(move || {\n        let g = \
             cv.wait(g).unwrap();\n    });\n}",
            "while busy {\n    work();\n}\nlet g = cv.wait(g).unwrap();",
            "fn wait(cv: &Condvar) {\n    let g = cv.wait(g).unwrap();\n}",
        ];
        for code in bad {
            assert_eq!(in_a_loop(code), Some(false), "{code}");
        }
    }

    #[test]
    fn without_the_text_nothing_is_said() {
        assert_eq!(is_in_a_loop(&HashMap::new(), 1, 3), None);
        let lines = HashMap::from([((1, 3), "g = cv.wait(g).unwrap();".to_owned())]);
        assert_eq!(is_in_a_loop(&lines, 1, 3), None);
    }
}
