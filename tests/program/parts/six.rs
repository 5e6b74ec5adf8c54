/// A module beside a notebook.
pub fn six() -> u8 {
    6
}
