//! chrono: dates, and the local time zone, which it reads through a thread local.

use chrono::{Datelike, Duration, Local, NaiveDate, Utc};

fn main() {
    let leap = NaiveDate::from_ymd_opt(2024, 2, 28).unwrap() + Duration::days(1);
    assert_eq!((leap.month(), leap.day()), (2, 29));
    let here = std::thread::spawn(|| Local::now().with_timezone(&Utc)).join().unwrap();
    assert!((Utc::now() - here).num_seconds().abs() < 60);
}
