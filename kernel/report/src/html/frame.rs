//! What lets HTML hold in every viewer: a rich form, and a plain one for where the rich one is not
//! let through.
//!
//! - Trusted viewers and those that drop the tags they don't know: the rich form; a `<style>` rule
//!   of it hides the plain one, which `display:none` hides already.
//! - Where a sanitiser turns every tag it doesn't know into visible text (nbconvert's
//!   `sanitize_html`): the rich form would be a page of markup. It stands therefore in an
//!   `<a class="anchor-link">`, which nbconvert's pages hide unless our own style shows it, and the
//!   plain form in a `<pre>`, whose `display:none` such a sanitiser takes away, is seen instead.

use crate::svg;
use crate::words::escape::escaped;

/// Its rules; all begin with `.fearless`, so that they touch nothing else on the page.
const STYLE: &str = include_str!("style.css");

/// HTML that is seen in trusted and sanitising viewers, in the look of a report: `rich`, which is
/// HTML, or where it isn't let through `plain`, which is text.
pub fn framed(plain: &str, rich: &str) -> String {
    write(Some(plain), "", rich, "")
}

/// The same with more rules than the frame's own; without `plain` for viewers that are known to
/// trust it. `after` follows both forms: it may have links, which the rich form may not, since it
/// stands in one.
pub(super) fn write(plain: Option<&str>, rules: &str, rich: &str, after: &str) -> String {
    let plain = plain.map_or(String::new(), |plain| {
        format!(
            "<pre class=\"fl-plain\" style=\"display:none\"><code>{}</code></pre>",
            escaped(plain.trim_end())
        )
    });
    format!(
        "<div class=\"fearless\">{plain}<a class=\"anchor-link\" \
         style=\"display:block;color:inherit;text-decoration:none\">\
         <style>{}{}</style>{rich}</a>{after}</div>",
        svg::compact(STYLE),
        svg::compact(rules)
    )
}
