//# title: types of structs, enums and generic impls
use std::fmt;
use std::collections::HashMap;
#[derive(Debug, Clone, PartialEq)]
enum Value { Null, Bool(bool), Number(f64), Text(String), List(Vec<Value>), Object(HashMap<String, Value>) }
impl From<f64> for Value { fn from(n: f64) -> Self { Value::Number(n) } }
impl From<&str> for Value { fn from(s: &str) -> Self { Value::Text(s.to_owned()) } }
impl fmt::Display for Value { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { match self { Value::Number(n) => write!(f, "{n}"), Value::Text(s) => write!(f, "{s:?}"), Value::List(l) => { write!(f, "[")?; for (i, v) in l.iter().enumerate() { if i > 0 { write!(f, ",")?; } write!(f, "{v}")?; } write!(f, "]") } other => write!(f, "{other:?}") } } }
//# cell
let list = Value::List(vec![1.0.into(), "a".into(), Value::Null]);
let text = list.to_string();
//# cell
println!("{text}");
let obj = Value::Object([("k".to_string(), list.clone())].into_iter().collect());
let Value::Object(map) = &obj else { panic!() };
let got = map.get("k").cloned();
//# prints: [1,"a",Null]
//# says: `map` is not kept for later cells: it borrows from `obj`
//# cell
got == Some(list)
//# shows: true
//# cell
trait Serialize { fn json(&self) -> String; }
impl Serialize for i32 { fn json(&self) -> String { self.to_string() } }
impl<T: Serialize> Serialize for Vec<T> { fn json(&self) -> String { format!("[{}]", self.iter().map(|x| x.json()).collect::<Vec<_>>().join(",")) } }
impl<T: Serialize> Serialize for Option<T> { fn json(&self) -> String { self.as_ref().map_or("null".into(), |x| x.json()) } }
let nested = vec![Some(vec![1, 2]), None];
let out = nested.json();
//# cell
out
//# shows: "[[1,2],null]"
//# cell
struct Config { name: String, retries: u32 }
let Config { name, mut retries } = Config { name: "x".into(), retries: 3 };
retries += 1;
//# cell
retries += 1;
println!("{name} {retries}");
//# prints: x 5
