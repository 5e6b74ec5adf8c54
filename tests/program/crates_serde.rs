//# title: derived traits, and a crate whose features a later `:dep` extends
:dep serde = { version = "1", features = ["derive"] }
use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Point { x: i32, y: Option<String> }
let point = Point { x: 1, y: None };
//# cell
:dep serde_json = "1"
let text = serde_json::to_string(&point).unwrap();
assert_eq!(text, r#"{"x":1,"y":null}"#);
//# cell
let back: Point = serde_json::from_str(&text).unwrap();
assert_eq!(back, point);
let value = serde_json::json!({ "points": [back] });
//# cell
:dep serde_json = { version = "1", features = ["preserve_order"] }
let ordered: serde_json::Value = serde_json::from_str(r#"{"b": 1, "a": 2}"#).unwrap();
assert_eq!(ordered.to_string(), r#"{"b":1,"a":2}"#);
assert_eq!(point.x, 1);
