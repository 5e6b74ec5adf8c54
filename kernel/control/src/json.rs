//! As much of JSON as is written here.

/// A value that is written as it is, in an object or a list.
#[derive(Clone, Debug)]
pub struct Json(String);

impl Json {
    /// Nothing.
    pub fn null() -> Json {
        Json("null".into())
    }

    /// A number or a truth.
    pub fn plain(value: impl ToString) -> Json {
        Json(value.to_string())
    }

    /// Text.
    pub fn text(text: &str) -> Json {
        let mut out = String::from('"');
        for letter in text.chars() {
            match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                letter if letter < ' ' => out.push_str(&format!("\\u{:04x}", letter as u32)),
                letter => out.push(letter),
            }
        }
        out.push('"');
        Json(out)
    }

    /// What there is, or nothing.
    pub fn maybe(value: Option<Json>) -> Json {
        value.unwrap_or_else(Json::null)
    }

    /// A list.
    pub fn list(values: impl IntoIterator<Item = Json>) -> Json {
        let values: Vec<String> = values.into_iter().map(|value| value.0).collect();
        Json(format!("[{}]", values.join(",")))
    }

    /// An object.
    pub fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
        let fields: Vec<String> = fields
            .into_iter()
            .map(|(name, value)| format!("\"{name}\":{}", value.0))
            .collect();
        Json(format!("{{{}}}", fields.join(",")))
    }

    /// The text of it.
    pub fn into_string(self) -> String {
        self.0
    }
}
