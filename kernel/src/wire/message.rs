//! One message of the Jupyter protocol, and the request that others refer to as their parent.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

/// The request that a reply or an output belongs to: cheap to clone, and kept for as long as
/// something may still be printed on its behalf.
#[derive(Debug, Clone)]
pub struct Parent(Arc<ParentInner>);

#[derive(Debug)]
struct ParentInner {
    identities: Vec<Bytes>,
    header: Map<String, Value>,
    allow_stdin: bool,
}
