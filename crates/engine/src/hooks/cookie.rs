use std::time::Duration;

use http::HeaderValue;

use crate::ConfigError;

/// A cookie with the session's identifier, set by the answer that begins a session over long-polling, for
/// balancers that send a client's requests to the server that its cookie names.
///
/// The identifier is all that a client of long-polling proves its session with: keep it `http_only`.
///
/// ```
/// use sockeye_engine::{Cookie, SameSite};
///
/// let cookie = Cookie::new("io").path("/socket.io").same_site(SameSite::Strict);
/// assert_eq!(cookie.check(), Ok(()));
/// assert!(Cookie::new("a;b").check().unwrap_err().to_string().contains("`a;b`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    name: String,
    path: Option<String>,
    domain: Option<String>,
    http_only: bool,
    secure: bool,
    same_site: Option<SameSite>,
    max_age: Option<Duration>,
}

/// With which requests a browser sends a cookie (RFC 6265bis 4.1.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// With those that pages of the same site cause.
    Strict,
    /// With those, and when a page is opened from elsewhere.
    Lax,
    /// With all; browsers then want [`secure`](Cookie::secure).
    None,
}

impl Cookie {
    /// A cookie as the reference sets it: for the path `/`, `HttpOnly`, `SameSite=Lax`, and no longer than the
    /// browser runs.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: Some("/".into()),
            domain: None,
            http_only: true,
            secure: false,
            same_site: Some(SameSite::Lax),
            max_age: None,
        }
    }

    /// The path below which it is sent.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The domain whose hosts it is sent to. Default: this host alone.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Whether scripts cannot read it. Default: yes.
    #[must_use]
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// Whether it is sent over TLS alone. Default: no.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// With which requests it is sent. Default: [`SameSite::Lax`].
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = Some(same_site);
        self
    }

    /// How long it is kept. Default: as long as the browser runs.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Whether browsers take it.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        // RFC 6265 4.1.1: a name is a token, a path or a domain ends at a semicolon.
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if self.name.is_empty() || !self.name.chars().all(token) {
            return Err(ConfigError::NotACookie(self.name.clone()));
        }
        let plain = |text: &String| text.chars().all(|c| (' '..='~').contains(&c) && c != ';');
        for text in self.path.iter().chain(&self.domain) {
            if !plain(text) {
                return Err(ConfigError::NotACookie(text.clone()));
            }
        }
        if self.same_site == Some(SameSite::None) && !self.secure {
            return Err(ConfigError::InsecureCookie);
        }
        Ok(())
    }

    /// The header's value, for a session of this identifier. It was checked.
    pub(crate) fn header(&self, sid: &str) -> Option<HeaderValue> {
        let mut text = format!("{}={sid}", self.name);
        if let Some(age) = self.max_age {
            text.push_str(&format!("; Max-Age={}", age.as_secs()));
        }
        if let Some(domain) = &self.domain {
            text.push_str("; Domain=");
            text.push_str(domain);
        }
        if let Some(path) = &self.path {
            text.push_str("; Path=");
            text.push_str(path);
        }
        if self.http_only {
            text.push_str("; HttpOnly");
        }
        if self.secure {
            text.push_str("; Secure");
        }
        text.push_str(match self.same_site {
            Some(SameSite::Strict) => "; SameSite=Strict",
            Some(SameSite::Lax) => "; SameSite=Lax",
            Some(SameSite::None) => "; SameSite=None",
            None => "",
        });
        HeaderValue::try_from(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // parity: 1.E17 3.5
    #[test]
    fn it_is_written_as_browsers_read_it() {
        let plain = Cookie::new("io").header("abc");
        let plain = plain.expect("a header");
        assert_eq!(plain, "io=abc; Path=/; HttpOnly; SameSite=Lax");
        let all = Cookie::new("sid")
            .path("/x")
            .domain("example.com")
            .http_only(false)
            .secure(true)
            .same_site(SameSite::None)
            .max_age(Duration::from_secs(60));
        assert_eq!(all.check(), Ok(()));
        assert_eq!(
            all.header("abc").expect("a header"),
            "sid=abc; Max-Age=60; Domain=example.com; Path=/x; Secure; SameSite=None"
        );
    }

    /// CVE-2024-47764: what is no name of a cookie could write attributes, or other headers.
    #[test]
    fn what_would_write_more_than_itself_is_refused() {
        for name in ["", "a=b", "a;b", "a b", "a\r\nX: y", "ä"] {
            let error = ConfigError::NotACookie(name.into());
            assert_eq!(Cookie::new(name).check(), Err(error), "{name}");
        }
        for path in ["/; Domain=x", "/\r\nX: y"] {
            let error = ConfigError::NotACookie(path.into());
            assert_eq!(Cookie::new("io").path(path).check(), Err(error), "{path}");
        }
        let open = Cookie::new("io").same_site(SameSite::None);
        assert_eq!(open.check(), Err(ConfigError::InsecureCookie));
    }
}
