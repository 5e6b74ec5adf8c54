//! Conditions of `#[cfg(…)]`: whether what stands below one is there at all.

use ra_ap_syntax::{SyntaxKind, SyntaxNode};

/// What `rustc --print cfg` leaves out, since it is asked about optimised code.
const OF_CELLS: &str = "debug_assertions";

/// Whether all conditions at a node hold, by the lines of `rustc --print cfg`. One that is not
/// understood holds: rustc says what is wrong with it.
pub(super) fn hold(node: &SyntaxNode, options: &str) -> bool {
    let attributes = node.children().filter(|it| it.kind() == SyntaxKind::ATTR);
    attributes
        .filter_map(|attribute| {
            let tokens: Vec<String> = attribute
                .descendants_with_tokens()
                .filter_map(|element| element.into_token())
                .filter(|token| !token.kind().is_trivia())
                .map(|token| token.text().to_owned())
                .collect();
            let inner = match tokens.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["#", "[", "cfg", ref inner @ .., "]"] => inner.to_vec(),
                _ => return None,
            };
            Condition {
                left: &inner,
                options,
            }
            .all()
        })
        .all(|holds| holds)
}

/// A condition as its tokens, and what is true here.
struct Condition<'a> {
    left: &'a [&'a str],
    options: &'a str,
}

impl<'a> Condition<'a> {
    /// Whether all conditions in parentheses hold.
    fn all(&mut self) -> Option<bool> {
        Some(self.list()?.into_iter().all(|holds| holds))
    }

    /// The conditions in parentheses.
    fn list(&mut self) -> Option<Vec<bool>> {
        let mut found = Vec::new();
        self.take("(")?;
        while self.take(")").is_none() {
            found.push(self.one()?);
            if self.take(",").is_none() {
                self.take(")")?;
                break;
            }
        }
        Some(found)
    }

    fn one(&mut self) -> Option<bool> {
        let name = self.next()?;
        match name {
            "all" => self.all(),
            "any" => Some(self.list()?.into_iter().any(|holds| holds)),
            "not" => Some(!self.all()?),
            "true" => Some(true),
            "false" => Some(false),
            _ if self.take("=").is_some() => {
                let option = format!("{name}={}", self.next()?);
                Some(self.options.lines().any(|line| line == option))
            }
            _ => Some(name == OF_CELLS || self.options.lines().any(|line| line == name)),
        }
    }

    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.left.split_first()?;
        self.left = rest;
        Some(first)
    }

    fn take(&mut self, token: &str) -> Option<()> {
        (*self.left.first()? == token).then(|| self.left = &self.left[1..])
    }
}

#[cfg(test)]
mod tests {
    use super::hold;
    use toolchain::parts::split;

    const OPTIONS: &str = "unix\ntarget_os=\"linux\"\ntarget_feature=\"sse\"\n";

    #[track_caller]
    fn check(condition: &str, expected: bool) {
        let code = format!("#[allow(x)] #[cfg({condition})] use a::b;");
        let parts = split(&code);
        assert_eq!(hold(&parts[0].node, OPTIONS), expected, "{condition}");
    }

    #[test]
    fn conditions_are_rustcs() {
        check("unix", true);
        check("windows", false);
        check("debug_assertions", true);
        check("target_os = \"linux\"", true);
        check("target_os = \"macos\"", false);
        check("not(windows)", true);
        check("any(windows, target_feature = \"sse\",)", true);
        check("all(unix, not(any(test, false)))", true);
        check("all(unix, windows)", false);
        check("all()", true);
        check("any()", false);
        check("what is that", true);
    }
}
