//! `print!` and its kin, writing through the recorder's output.
