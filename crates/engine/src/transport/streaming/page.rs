//! The answer as a page in a frame: each packet is a script that hands it to the page around.
//!
//! It is for pages whose policy forbids connections and allows frames. The frame has a policy of its own: its scripts
//! are those that carry the answer's nonce, and they talk to the server alone. Whom it may be framed by, whom it posts
//! to and whom it listens to is one origin, which the request names and the browser holds it to.

use std::{borrow::Cow, net::Ipv6Addr};

use http::{HeaderMap, HeaderValue, header};

use crate::{RequestError, Sid, request::query_pairs};

/// What comes before the first packet, with `$nonce`, `$name` and `$origin` to be filled in.
const BEGINNING: &str = include_str!("frame.html");

/// How long it is at least: browsers wait for some bytes before they run what they have.
const BEGINNING_LEN: usize = 1024;

/// The longest name of a frame.
const NAME_LEN: usize = 32;

/// The longest origin: a scheme, the longest name of a host, and a port.
const ORIGIN_LEN: usize = 300;

/// What a request says of the page that it wants a frame for. Neither part has a character that means anything in a
/// header, in HTML or in a string of JavaScript.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Embedder<'q> {
    /// What the page knows its frame's messages by.
    name: Cow<'q, str>,
    /// The page's origin, as browsers write it.
    pub(crate) origin: Cow<'q, str>,
}

impl<'q> Embedder<'q> {
    /// Reads the query; none if it asks for no frame.
    pub(crate) fn of(query: &'q str) -> Result<Option<Self>, RequestError> {
        let first = |name| query_pairs(query).find(|(key, _)| key == name);
        let Some((_, name)) = first("frame") else {
            return Ok(None);
        };
        if !is_name(&name) {
            return Err(RequestError::BadRequest("FRAME_NAME"));
        }
        match first("origin") {
            Some((_, origin)) if is_origin(&origin) => Ok(Some(Self { name, origin })),
            _ => Err(RequestError::BadRequest("FRAME_ORIGIN")),
        }
    }
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (1..=NAME_LEN).contains(&name.len()) && name.bytes().all(plain)
}

/// Whether it is an origin as browsers serialise it (HTML 7.1.1), and no opaque one: `scheme://host[:port]`.
fn is_origin(origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let bracket = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match authority[bracket..].split_once(':') {
        Some((host, port)) => (&authority[..bracket + host.len()], Some(port)),
        None => (authority, None),
    };
    origin.len() <= ORIGIN_LEN
        && scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|b| is_lower(b) || matches!(b, b'+' | b'-' | b'.'))
        && is_host(host)
        && port.is_none_or(is_port)
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(v6) => v6
            .strip_suffix(']')
            .is_some_and(|v6| v6.parse::<Ipv6Addr>().is_ok()),
        None => {
            let plain = |b: u8| is_lower(b) || matches!(b, b'-' | b'.' | b'_');
            !host.is_empty() && host.bytes().all(plain)
        }
    }
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// One answer as a page.
#[derive(Debug)]
pub(crate) struct Page {
    name: Box<str>,
    origin: Box<str>,
    nonce: Sid,
}

impl Page {
    pub(super) fn new(embedder: Embedder<'_>) -> Self {
        Self {
            name: embedder.name.into(),
            origin: embedder.origin.into(),
            nonce: Sid::random(),
        }
    }

    /// Adds what holds the browser to the nonce and to the origin.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{}'; connect-src 'self'; frame-ancestors {}",
            self.nonce, self.origin
        );
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::try_from(policy).expect("an origin is of plain characters"),
        );
        let nosniff = HeaderValue::from_static("nosniff");
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
        let no_referrer = HeaderValue::from_static("no-referrer");
        headers.insert(header::REFERRER_POLICY, no_referrer);
    }

    /// The script that the others call.
    pub(super) fn beginning(&self) -> Vec<u8> {
        let mut beginning = BEGINNING
            .replace("$nonce", self.nonce.as_str())
            .replace("$name", &self.name)
            .replace("$origin", &self.origin)
            .into_bytes();
        if beginning.len() < BEGINNING_LEN {
            beginning.resize(BEGINNING_LEN, b' ');
        }
        beginning
    }

    pub(super) fn append_text(&self, out: &mut Vec<u8>, packet: &[u8]) {
        out.extend_from_slice(b"<script nonce=");
        out.extend_from_slice(self.nonce.as_str().as_bytes());
        out.extend_from_slice(b">p(\"");
        append_escaped(out, packet);
        out.extend_from_slice(b"\")</script>");
    }
}

/// The inside of a string of JSON that HTML and older JavaScript read as one too: without `<`, which could end the
/// script or begin a comment, and without the two characters that end a line.
fn append_escaped(out: &mut Vec<u8>, text: &[u8]) {
    const LINE_ENDS: u8 = 0xe2;
    let mut rest = text;
    loop {
        let special = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\' | b'<' | &LINE_ENDS);
        let plain = rest.iter().position(special).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        rest = match &rest[plain..] {
            [] => return,
            [LINE_ENDS, 0x80, last @ (0xa8 | 0xa9), after @ ..] => {
                out.extend_from_slice(b"\\u202");
                out.push(last - 0xa8 + b'8');
                after
            }
            [byte @ (b'"' | b'\\'), after @ ..] => {
                out.extend_from_slice(&[b'\\', *byte]);
                after
            }
            [byte @ (0..0x20 | b'<'), after @ ..] => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_origins_are_read_from_the_query() {
        let query = "EIO=4&frame=a_B-9&origin=https%3A%2F%2Fapp.example:8443";
        let embedder = Embedder::of(query).expect("well-formed").expect("a frame");
        assert_eq!(embedder.name, "a_B-9");
        assert_eq!(embedder.origin, "https://app.example:8443");
        assert_eq!(Embedder::of("EIO=4&origin=https://app.example"), Ok(None));
    }

    #[test]
    fn names_are_of_plain_characters() {
        assert!(is_name(&"n".repeat(32)));
        for name in [
            "",
            "a b",
            "a\"",
            "</script>",
            "$nonce",
            "\u{e9}",
            "a\n",
            &"n".repeat(33),
        ] {
            assert!(!is_name(name), "{name:?}");
        }
    }

    #[test]
    fn origins_are_those_that_browsers_write() {
        for origin in [
            "https://app.example",
            "http://localhost:3000",
            "http://127.0.0.1:65535",
            "http://[::1]:3000",
            "http://[2001:db8::1]",
            "https://xn--bcher-kva.example",
            "capacitor://localhost",
            "chrome-extension://abcdef",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
        for origin in [
            "",
            "null",
            "*",
            "https://",
            "://a.example",
            "https://*",
            "https://*.example",
            "https://a.example/",
            "https://a.example?x",
            "https://a.example#x",
            "https://a.example:",
            "https://a.example:x",
            "https://a.example:+80",
            "https://a.example:65536",
            "https://a.example:80:80",
            "https://user@a.example",
            "https://A.example",
            "HTTPS://a.example",
            "1https://a.example",
            "https://a.example https://b.example",
            "https://a.example;script-src",
            "https://a.example,https://b.example",
            "https://a.example\r\nset-cookie: x",
            "https://a.example\"",
            "https://a.example'",
            "https://a.example\\",
            "https://a.example</script>",
            "https://$nonce",
            "https://b\u{fc}cher.example",
            "https://[::1",
            "https://[::1]x",
            "https://[fe80::1%25eth0]",
            "https://a]:80",
            "file://",
            &format!("https://{}", "a".repeat(300)),
        ] {
            assert!(!is_origin(origin), "{origin:?}");
        }
    }

    #[test]
    fn strings_mean_what_they_meant_and_no_markup() {
        for (text, escaped) in [
            (
                "4plain \u{e9}\u{20ac}\u{1f600}",
                "4plain \u{e9}\u{20ac}\u{1f600}",
            ),
            ("</script><!--", r"\u003c/script>\u003c!--"),
            ("\u{2028}\u{2029}\u{202a}", "\\u2028\\u2029\u{202a}"),
            ("\"\\", r#"\"\\"#),
            (
                "\0\n\r\t\u{1f}\u{7f}",
                "\\u0000\\u000a\\u000d\\u0009\\u001f\u{7f}",
            ),
            ("", ""),
        ] {
            let mut out = Vec::new();
            append_escaped(&mut out, text.as_bytes());
            let out = String::from_utf8(out).expect("text stays text");
            assert_eq!(out, escaped);
            let read: String = serde_json::from_str(&format!("\"{out}\"")).expect("JSON");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn the_beginning_is_filled_in_and_long_enough() {
        let embedder = Embedder::of("frame=f&origin=https://a.example");
        let page = Page::new(embedder.expect("well-formed").expect("a frame"));
        let beginning = String::from_utf8(page.beginning()).expect("text");
        assert_eq!(beginning.len(), BEGINNING_LEN);
        assert!(!beginning.contains('$'), "{beginning}");
        assert!(beginning.contains(r#"NAME = "f", ORIGIN = "https://a.example";"#));
    }
}
