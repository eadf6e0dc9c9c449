use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::ConnectError;

/// User name and password, decoded.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Credentials {
    user: Vec<u8>,
    password: Vec<u8>,
}

impl Credentials {
    pub(super) fn new(user: &str, password: &str) -> Self {
        Self {
            user: user.into(),
            password: password.into(),
        }
    }

    /// Takes the user information out of a URL, so that it is in no text made from it.
    pub(super) fn take(url: &mut Url) -> Option<Self> {
        if url.username().is_empty() && url.password().is_none() {
            return None;
        }
        let credentials = Self {
            user: percent_decoded(url.username()),
            password: percent_decoded(url.password().unwrap_or_default()),
        };
        // These fail only for URLs that cannot have any.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Some(credentials)
    }

    /// The value of `Authorization` or `Proxy-Authorization` (RFC 7617 2).
    pub(super) fn basic(&self) -> Result<String, ConnectError> {
        if self.user.contains(&b':') {
            return Err(ConnectError::BasicAuthUser);
        }
        let pair = [&self.user[..], b":", &self.password].concat();
        Ok(format!("Basic {}", STANDARD.encode(pair)))
    }
}

/// Nothing of it: it would end in logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// WHATWG URL 1.3, "percent-decode": a percent sign without two digits stands for itself.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let digit = |at: usize| {
            let digit = char::from(*tail.get(at)?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                rest = &tail[2..];
            }
            _ => decoded.push(*first),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_out_of_a_url() {
        let mut url = Url::parse("ws://al%69ce%zz:p%40ss%3A%e4@example.com/").expect("a URL");
        let taken = Credentials::take(&mut url).expect("credentials");
        assert_eq!(url.as_str(), "ws://example.com/");
        assert_eq!(taken.user, b"alice%zz");
        assert_eq!(taken.password, b"p@ss:\xe4");
        assert_eq!(format!("{taken:?}"), "Credentials { .. }");

        let mut url = Url::parse("ws://@example.com/").expect("a URL");
        assert_eq!(Credentials::take(&mut url), None);
        let mut url = Url::parse("ws://:secret@example.com/").expect("a URL");
        let taken = Credentials::take(&mut url).expect("credentials");
        assert_eq!(
            (&taken.user[..], &taken.password[..]),
            (&b""[..], &b"secret"[..])
        );
    }

    #[test]
    fn basic() {
        // RFC 7617 2 and 2.1
        let header = Credentials::new("Aladdin", "open sesame").basic();
        assert_eq!(header.expect("fine"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let header = Credentials::new("test", "123\u{a3}").basic();
        assert_eq!(header.expect("fine"), "Basic dGVzdDoxMjPCow==");
        let header = Credentials::new("a:b", "c").basic();
        assert!(matches!(header, Err(ConnectError::BasicAuthUser)));
    }
}
