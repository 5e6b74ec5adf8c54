//! Numbers for people: durations with a fitting unit, counts with separators, round axis ticks.

/// A duration in words: `350 ns`, `4.1 µs`, `41 ms`, `1.2 s`, `2 min 5 s`, `3 h 20 min`.
pub(crate) fn duration(ns: u64) -> String {
    const UNITS: [(u64, u64, &str); 3] = [
        (1_000_000, 1_000, "µs"),
        (1_000_000_000, 1_000_000, "ms"),
        (60_000_000_000, 1_000_000_000, "s"),
    ];
    if ns < 1_000 {
        return format!("{ns} ns");
    }
    for (index, (limit, unit, name)) in UNITS.into_iter().enumerate() {
        // What would round up to a whole next unit is written in that unit: 1 ms, not 1000 µs.
        let rounds_up = index < 2 && ns >= limit - unit / 2;
        if ns < limit && !rounds_up {
            let tenths = (ns * 10 + unit / 2) / unit;
            return if tenths < 100 && !tenths.is_multiple_of(10) {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            } else {
                format!("{} {name}", (ns + unit / 2) / unit)
            };
        }
    }
    let seconds = ns.saturating_add(500_000_000) / 1_000_000_000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A count with separators: `8,000`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 thread`, `8 threads`; the plural adds an s.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A list in words: `a`, `a and b`, `a, b and c`; beyond `limit` the rest is counted.
pub(crate) fn list(items: &[String], limit: usize) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        _ if items.len() > limit => {
            format!(
                "{} and {} more",
                items[..limit].join(", "),
                items.len() - limit
            )
        }
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The step of an axis of `span` ns with at most `most` ticks: 1, 2 or 5 times a power of ten, or
/// whole halves and quarters of minutes and hours.
pub(crate) fn tick_step(span: u64, most: u64) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    let enough = |step: u64| span / step <= most;
    let mut power = 1;
    while power <= 10 * SECOND {
        for factor in [1, 2, 5] {
            let step = power * factor;
            if step <= 20 * SECOND && enough(step) {
                return step;
            }
        }
        power *= 10;
    }
    for seconds in [
        30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400,
    ] {
        if enough(seconds * SECOND) {
            return seconds * SECOND;
        }
    }
    let mut step = 86_400 * SECOND;
    while !enough(step) {
        step = step.saturating_mul(2);
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_fitting_unit() {
        let cases = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (4_149, "4.1 µs"),
            (999_400, "999 µs"),
            (999_600, "1 ms"),
            (41_200_000, "41 ms"),
            (9_960_000, "10 ms"),
            (1_230_000_000, "1.2 s"),
            (59_400_000_000, "59 s"),
            (60_000_000_000, "1 min"),
            (125_000_000_000, "2 min 5 s"),
            (12_000_000_000_000, "3 h 20 min"),
        ];
        for (ns, expected) in cases {
            assert_eq!(duration(ns), expected, "{ns}");
        }
        assert!(duration(u64::MAX).ends_with('h') || duration(u64::MAX).ends_with("min"));
    }

    #[test]
    fn counts_and_lists() {
        assert_eq!(count(8_000), "8,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(counted(1, "thread"), "1 thread");
        let items: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        assert_eq!(list(&items[..2], 3), "a and b");
        assert_eq!(list(&items[..3], 3), "a, b and c");
        assert_eq!(list(&items, 3), "a, b, c and 1 more");
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(tick_step(41_200_000, 6), 10_000_000);
        assert_eq!(tick_step(900, 6), 200);
        assert_eq!(tick_step(120_000_000_000, 6), 20_000_000_000);
        assert_eq!(tick_step(300_000_000_000, 6), 60_000_000_000);
        assert_eq!(tick_step(3, 6), 1);
        assert!(u64::MAX / tick_step(u64::MAX, 6) <= 6);
    }
}
