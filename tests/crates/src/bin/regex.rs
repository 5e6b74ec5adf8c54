//! regex: one expression, shared by threads; its cache is a pool with a mutex.

use regex::Regex;

fn main() {
    let date = Regex::new(r"(\d{4})-(\d{2})-(\d{2})").unwrap();
    std::thread::scope(|scope| {
        for year in 2020..2024 {
            let date = &date;
            scope.spawn(move || {
                let text = format!("on {year}-05-01");
                assert_eq!(date.captures(&text).unwrap()[1], year.to_string());
            });
        }
    });
}
