//! Rules, colours and patterns of the pictures.

use crate::model::Activity;

/// Rules for all pictures; the colours are variables.
pub(crate) const STYLE: &str = include_str!("style.css");
/// The colours on a light ground.
pub(super) const LIGHT: &str = include_str!("theme.css");

/// CSS without line breaks.
pub(crate) fn compact(css: &str) -> String {
    css.lines().map(str::trim).collect()
}

/// What an activity's pattern is called.
fn key(activity: Activity) -> &'static str {
    match activity {
        Activity::Lock => "lock",
        Activity::Channel => "channel",
        Activity::Join => "join",
        Activity::Condvar => "condvar",
        Activity::Barrier => "barrier",
        Activity::Once => "once",
        Activity::Park => "park",
        Activity::Starting
        | Activity::Running
        | Activity::Sleep
        | Activity::Scheduled
        | Activity::Idle
        | Activity::Gap => "plain",
    }
}

/// A lock's hue, by its id: in it are its holds drawn, and the waits for it.
pub(crate) fn hue(lock: u32) -> u8 {
    (lock.saturating_sub(1) % HUES) as u8
}

/// How many hues there are; each is a variable `--fl-l0` and a class `fl-h0`.
pub(super) const HUES: u32 = 5;

/// The class of a bar in a lock's hue, as an attribute.
pub(super) fn hold_class(hue: Option<u8>) -> String {
    let hue = hue.map_or(String::new(), |hue| hue.to_string());
    format!("class=\"fl-h{hue}\"")
}

/// What a pattern is called.
pub(super) fn pattern_key(activity: Activity, hue: Option<u8>) -> String {
    let hue = hue.map_or(String::new(), |hue| hue.to_string());
    format!("{}{hue}", key(activity))
}

/// A pattern for each kind of wait. They differ in shape as well as in colour, so that they are
/// told apart in greyscale.
pub(super) fn pattern(prefix: &str, activity: Activity, hue: Option<u8>) -> String {
    let (width, height, class, shape) = match activity {
        Activity::Lock => (
            6,
            6,
            "fl-p-lock",
            "<path d=\"M0 6L6 0M-1 1L1 -1M5 7L7 5\"/>",
        ),
        Activity::Channel => (6, 4, "fl-p-chan", "<path d=\"M0 1h6\"/>"),
        Activity::Join => (4, 6, "fl-p-join", "<path d=\"M1 0v6\"/>"),
        Activity::Condvar => (
            5,
            5,
            "fl-p-sig",
            "<circle cx=\"2.5\" cy=\"2.5\" r=\"1.3\"/>",
        ),
        Activity::Barrier => (6, 6, "fl-p-sig", "<path d=\"M0 3h6M3 0v6\"/>"),
        Activity::Once => (6, 6, "fl-p-sig", "<path d=\"M1 1L5 5M5 1L1 5\"/>"),
        _ => (6, 6, "fl-p-sig", "<path d=\"M0 0L6 6M5 -1L7 1M-1 5L1 7\"/>"),
    };
    let stroke = match hue {
        Some(hue) => format!("--fl-l{hue}"),
        None => class.replace("fl-p-", "--fl-"),
    };
    format!(
        "<pattern id=\"{prefix}-{}\" patternUnits=\"userSpaceOnUse\" width=\"{width}\" \
         height=\"{height}\"><rect class=\"fl-p-ground\" width=\"{width}\" height=\"{height}\"/><g \
         class=\"{class}\" style=\"stroke:var({stroke});stroke-width:{}\">{shape}</g></pattern>",
        pattern_key(activity, hue),
        match activity {
            Activity::Condvar => "0",
            Activity::Barrier | Activity::Once => "1",
            _ => "1.8",
        }
    )
}
