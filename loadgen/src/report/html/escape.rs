//! Texts from documents, made safe for the places of a page where they stand.

use crate::report::figure::printable;

/// Appends a text where it may stand in an element or in a quoted attribute.
pub(super) fn push_text(html: &mut String, text: &str) {
    for character in printable(text).chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

/// A text as [`push_text`] appends it.
pub(super) fn text(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    push_text(&mut html, text);
    html
}

/// Appends JSON to a `<script>`: inside of its strings `<` can be written otherwise, and outside of
/// them there is none, so that neither `</script>` nor `<!--` can come about.
pub(super) fn push_json(html: &mut String, json: &str) {
    for character in json.chars() {
        match character {
            '<' => html.push_str("\\u003c"),
            '>' => html.push_str("\\u003e"),
            '&' => html.push_str("\\u0026"),
            '\u{2028}' => html.push_str("\\u2028"),
            '\u{2029}' => html.push_str("\\u2029"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_not_leave_its_place() {
        assert_eq!(
            text("<script>\"&'</script>\u{1b}"),
            "&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;\u{fffd}"
        );
    }

    #[test]
    fn json_stays_the_same_json_without_a_tag() {
        let value = serde_json::json!({ "a": "</script><!-- & \u{2028}" });
        let mut html = String::new();
        push_json(&mut html, &value.to_string());
        assert!(!html.contains(['<', '>', '&', '\u{2028}']), "{html}");
        let read: serde_json::Value = serde_json::from_str(&html).expect("JSON");
        assert_eq!(read, value);
    }
}
