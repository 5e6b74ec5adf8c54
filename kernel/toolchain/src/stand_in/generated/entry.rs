//! The function by which a cell is called.

const START: &str = "\n#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_";
/// How the body begins that was moved.
pub(super) const BODY: &str = "\npub fn fearless_cell(";
const STORE: &str = "evcxr_internal_runtime::VariableStore";

/// Moves the cell's body into a function of its own, which the one that is called calls.
///
/// The compiler lets other objects see a static only if it is reached from a public function whose
/// body may go there. And what is dropped when the body ends may panic: that must not leave the
/// function that is called from outside.
pub(super) fn shared(text: &str, recorded: bool) -> Option<String> {
    let start = text.rfind(START)? + 1;
    let name_at = start + START.len() - 1;
    let number: String = text[name_at..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let rest = name_at + number.len();
    let head = &text[rest..rest + text[rest..].find('{')?];
    // Without a body, the function only hands the store on.
    let (kind, make) = if head.contains(STORE) {
        let make = "let store = if store.is_null() { evcxr_internal_runtime::create_variable_store() } else { store };";
        (STORE, make)
    } else if head.contains("*mut u8") {
        ("u8", "")
    } else {
        return None;
    };
    let call = if recorded { OURS } else { EVCXRS };
    Some(format!(
        "{before}#[allow(unsafe_code)] #[unsafe(no_mangle)] pub extern \"C\" fn run_user_code_{number}(store: *mut {kind}) -> *mut {kind} \
         {{ {make} {call} }}\npub fn fearless_cell{after}",
        before = &text[..start],
        after = &text[rest..],
    ))
}

/// How the body is called with our `std`.
const OURS: &str = "::std::io::_cell(store, fearless_cell)";
/// How it is called with the real one.
const EVCXRS: &str = r#"match ::std::panic::catch_unwind(::std::panic::AssertUnwindSafe(|| fearless_cell(store))) { Ok(store) => store, Err(cause) => { ::std::mem::forget(cause); ::std::println!("EVCXR_PANIC_NOTIFICATION"); store } }"#;

#[cfg(test)]
mod tests {
    use super::shared;

    #[test]
    fn the_body_moves_and_lines_stay() {
        let text = "fn f() {}\n#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_12(\n\
                    evcxr_variable_store: *mut u8) -> *mut u8 {\nbody();\nevcxr_variable_store\n}\n";
        let moved = shared(text, true).unwrap();
        assert_eq!(moved.lines().count(), text.lines().count());
        let lines: Vec<&str> = moved.lines().collect();
        assert!(
            lines[1].contains("fn run_user_code_12(store: *mut u8) -> *mut u8 {"),
            "{moved}"
        );
        assert_eq!(lines[2], "pub fn fearless_cell(");
        assert_eq!(lines[4], "body();");
        assert_eq!(shared("fn main() {}\n", true), None);
    }
}
