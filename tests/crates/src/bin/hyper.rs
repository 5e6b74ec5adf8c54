//! hyper: built only, no network. A header name shows that it is linked.

fn main() {
    assert_eq!(hyper::header::CONTENT_TYPE.as_str(), "content-type");
}
