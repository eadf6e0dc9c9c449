//! Long-polling for pages that can load nothing but scripts and submit nothing but forms.

use std::borrow::Cow;

use crate::request::query_pairs;

/// The script that hands `payload` to the function that the page keeps under `index`.
///
/// `index` is what the client sent as `j`: nothing but its digits get into the script.
///
/// ```
/// let script = sockeye_engine::v3::jsonp::script("0", "2:4a");
/// assert_eq!(script, r#"___eio[0]("2:4a");"#);
/// ```
#[must_use]
pub fn script(index: &str, payload: &str) -> String {
    let mut script = String::with_capacity(payload.len() + 24);
    script.push_str("___eio[");
    script.extend(index.chars().filter(char::is_ascii_digit));
    script.push_str("](");
    let json = serde_json::Value::from(payload).to_string();
    // Both end a line in older JavaScript, where a string may not contain them.
    for char in json.chars() {
        match char {
            '\u{2028}' => script.push_str("\\u2028"),
            '\u{2029}' => script.push_str("\\u2029"),
            char => script.push(char),
        }
    }
    script.push_str(");");
    script
}

/// The payload of a form that a page submitted: its field `d`, with line feeds as they were.
///
/// Forms change line feeds, so clients write them as a backslash and `n`, and a backslash before an `n`
/// as two. `None` if there is not exactly one such field.
///
/// ```
/// let payload = sockeye_engine::v3::jsonp::payload(r"d=5%3A4a%5Cnbc");
/// assert_eq!(payload.as_deref(), Some("5:4a\nbc"));
/// ```
#[must_use]
pub fn payload(form: &str) -> Option<Cow<'_, str>> {
    let mut fields = query_pairs(form).filter(|(name, _)| name == "d");
    let (_, field) = fields.next()?;
    if fields.next().is_some() {
        return None;
    }
    if !field.contains("\\n") {
        return Some(field);
    }
    let mut payload = String::with_capacity(field.len());
    let mut rest = &*field;
    while let Some(at) = rest.find("\\n") {
        match rest[..at].strip_suffix('\\') {
            Some(before) => {
                payload.push_str(before);
                payload.push_str("\\n");
            }
            None => {
                payload.push_str(&rest[..at]);
                payload.push('\n');
            }
        }
        rest = &rest[at + 2..];
    }
    payload.push_str(rest);
    Some(Cow::Owned(payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts() {
        for (index, payload, expected) in [
            ("0", "1:6", r#"___eio[0]("1:6");"#),
            ("12", "5:4\"\\\n\t", r#"___eio[12]("5:4\"\\\n\t");"#),
            (
                "3",
                "3:4\u{2028}\u{2029}",
                r#"___eio[3]("3:4\u2028\u2029");"#,
            ),
            ("", "1:6", r#"___eio[]("1:6");"#),
            ("1](alert(1));//", "1:6", r#"___eio[11]("1:6");"#),
            ("１", "1:6", r#"___eio[]("1:6");"#),
            ("0", "\u{1}é😀", r#"___eio[0]("\u0001é😀");"#),
        ] {
            assert_eq!(script(index, payload), expected);
        }
    }

    #[test]
    fn forms() {
        for (form, expected) in [
            ("d=2%3A4a", Some("2:4a")),
            ("d=3:4+a", Some("3:4 a")),
            ("x=1&d=a&y", Some("a")),
            ("d=%E2%82%AC", Some("€")),
            ("d=", Some("")),
            (r"d=a\nb", Some("a\nb")),
            (r"d=a\\nb", Some(r"a\nb")),
            (r"d=a\\\nb", Some(r"a\\nb")),
            (r"d=\n\\n\n", Some("\n\\n\n")),
            (r"d=a\tb\", Some(r"a\tb\")),
            ("d=a&d=b", None),
            ("e=a", None),
            ("", None),
        ] {
            assert_eq!(payload(form).as_deref(), expected, "{form:?}");
        }
    }
}
