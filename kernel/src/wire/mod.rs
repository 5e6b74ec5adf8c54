//! Jupyter messages: their frames, their signatures, their content.

pub mod message;
