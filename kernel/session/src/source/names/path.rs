//! What leads from an object to the name that it has.

use ra_ap_syntax::SyntaxNode;

/// What leads to an object, from within: the field that it is in, what that is in, and so on.
#[derive(Default)]
pub(super) struct Path(Vec<Part>);

/// A step of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A field, or at last a variable.
    Name(String),
    /// A tuple's field.
    Field(usize),
    /// An element that is written out: `[one, two]`.
    Element(usize),
    /// One of several elements that one place makes.
    OneOfSeveral,
}

impl Path {
    pub(super) fn extend(&mut self, names: impl IntoIterator<Item = String>) {
        self.0.extend(names.into_iter().map(Part::Name));
    }

    pub(super) fn push(&mut self, part: Part) {
        self.0.push(part);
    }

    /// What comes from here on holds several of what came so far.
    pub(super) fn makes_elements(&mut self) {
        self.0.push(Part::OneOfSeveral);
    }

    /// Forgets so many tuples: a pattern takes them apart.
    pub(super) fn leave_out(&mut self, tuples: usize) {
        self.0.truncate(self.0.len().saturating_sub(tuples));
    }

    /// In a map, what an element is made of are a key and its value.
    pub(super) fn forget_keys(&mut self, statement: &SyntaxNode) {
        let text = statement.text().to_string();
        if !["HashMap", "BTreeMap"].iter().any(|map| text.contains(map)) {
            return;
        }
        let is_element = |part: &Part| matches!(part, Part::Element(_) | Part::OneOfSeveral);
        let mut outer = self.0.iter().skip(1).map(is_element).collect::<Vec<_>>();
        outer.push(false);
        let mut outer = outer.into_iter();
        let is_field = |part: &Part| matches!(part, Part::Field(_));
        self.0
            .retain(|part| !(outer.next().unwrap_or(false) && is_field(part)));
    }

    /// The name, and behind how many bytes of it the number of an element stands.
    pub(super) fn name(self) -> Option<(String, Option<usize>)> {
        let Path(mut parts) = self;
        // What several make several of is numbered once.
        parts.dedup_by(|one, other| one == other && *one == Part::OneOfSeveral);
        // What is in a tuple that has no name here has none.
        let outer = parts.iter().rposition(|it| matches!(it, Part::Name(_)))?;
        let is_numbered = |part: &Part| *part == Part::OneOfSeveral;
        let numbered_outside = parts[outer + 1..].iter().any(is_numbered);
        let numbers = parts[..outer].iter().filter(|part| is_numbered(part));
        let numbers = numbers.count() + usize::from(numbered_outside);
        let (mut name, mut element) = (String::new(), None);
        for part in parts[..=outer].iter().rev() {
            match part {
                Part::Name(text) if name.is_empty() => name.push_str(text),
                Part::Name(text) => name += &format!(".{text}"),
                Part::Field(index) => name += &format!(".{index}"),
                Part::Element(index) => name += &format!("[{index}]"),
                Part::OneOfSeveral => element = Some(name.len()),
            }
        }
        // One number counts through collections within one another, and stands behind all names,
        // as it does where the collection itself has no name here.
        if numbers > 1 || numbered_outside {
            element = Some(name.len());
        } else if let Some(Part::Element(index)) = parts.get(outer + 1) {
            name += &format!("[{index}]");
        }
        Some((name, element))
    }
}

/// Whether a path is that of a struct whose fields have numbers. A variant of an enum has none that
/// can be written.
pub(super) fn is_tuple_struct(path: &str) -> bool {
    let path = path
        .split('<')
        .next()
        .unwrap_or(path)
        .trim_end_matches("::");
    let mut names = path.rsplit("::").map(str::trim);
    let is_type = |name: &str| name.starts_with(char::is_uppercase);
    let is_struct = names.next().is_some_and(is_type) && !names.next().is_some_and(is_type);
    is_struct
        && !["Some", "Ok", "Err"]
            .iter()
            .any(|variant| path.ends_with(variant))
}
