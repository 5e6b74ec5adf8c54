//! Jupyter messages: their frames, their signatures, their content. No sockets here.

pub mod connection;
pub mod content;
pub mod is_complete;
pub mod message;
pub mod parent;
pub mod sign;
