//! Jupyter messages: their frames, their signatures, their content. No sockets here.

pub mod connection;
pub mod content;
pub mod endpoint;
pub mod message;
pub mod parent;
pub mod sign;
