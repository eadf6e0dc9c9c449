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
    /// As the session's first request came, unless it was said.
    secure: Option<bool>,
    same_site: Option<SameSite>,
    max_age: Option<Duration>,
    expires: Option<String>,
    partitioned: bool,
    priority: Option<Priority>,
}

/// Which cookies a browser drops first when there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// These.
    Low,
    /// These next.
    Medium,
    /// These last.
    High,
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
    /// browser runs. Beyond the reference it is `Secure` where the session begins over TLS.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: Some("/".into()),
            domain: None,
            http_only: true,
            secure: None,
            same_site: Some(SameSite::Lax),
            max_age: None,
            expires: None,
            partitioned: false,
            priority: None,
        }
    }

    /// The path below which it is sent. Default: `/`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Leaves the path to the browser, which takes the one below which the server is mounted.
    #[must_use]
    pub fn without_path(mut self) -> Self {
        self.path = None;
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

    /// Whether it is sent over TLS alone. Default: if the session's first request came over TLS, which a
    /// [trusted proxy](crate::TrustedProxies) may tell.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = Some(secure);
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

    /// Until when it is kept, as HTTP writes times: `Wed, 21 Oct 2026 07:28:00 GMT`. Where there is a
    /// [`max_age`](Self::max_age) too, that counts.
    #[must_use]
    pub fn expires(mut self, date: impl Into<String>) -> Self {
        self.expires = Some(date.into());
        self
    }

    /// Whether each site that embeds this one has a jar of its own for it; browsers then want
    /// [`secure`](Self::secure). Default: no.
    #[must_use]
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.partitioned = partitioned;
        self
    }

    /// Whether a browser drops it early when there are too many cookies. Default: as the browser likes.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
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
        for text in self.path.iter().chain(&self.domain).chain(&self.expires) {
            if !plain(text) {
                return Err(ConfigError::NotACookie(text.clone()));
            }
        }
        if self.same_site == Some(SameSite::None) && self.secure != Some(true) {
            return Err(ConfigError::InsecureCookie);
        }
        if self.partitioned && self.secure != Some(true) {
            return Err(ConfigError::InsecurePartition);
        }
        Ok(())
    }

    /// The header's value, for a session of this identifier that began over TLS or not. It was checked.
    pub(crate) fn header(&self, sid: &str, encrypted: bool) -> Option<HeaderValue> {
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
        if let Some(date) = &self.expires {
            text.push_str("; Expires=");
            text.push_str(date);
        }
        if self.http_only {
            text.push_str("; HttpOnly");
        }
        if self.secure.unwrap_or(encrypted) {
            text.push_str("; Secure");
        }
        if self.partitioned {
            text.push_str("; Partitioned");
        }
        text.push_str(match self.priority {
            Some(Priority::Low) => "; Priority=Low",
            Some(Priority::Medium) => "; Priority=Medium",
            Some(Priority::High) => "; Priority=High",
            None => "",
        });
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

    // parity: 1.E17 1.E17-more 3.5
    #[test]
    fn it_is_written_as_browsers_read_it() {
        for (cookie, encrypted, header) in [
            (
                Cookie::new("io"),
                false,
                "io=abc; Path=/; HttpOnly; SameSite=Lax",
            ),
            (
                Cookie::new("io"),
                true,
                "io=abc; Path=/; HttpOnly; Secure; SameSite=Lax",
            ),
            (
                Cookie::new("io").secure(false).without_path(),
                true,
                "io=abc; HttpOnly; SameSite=Lax",
            ),
        ] {
            assert_eq!(cookie.header("abc", encrypted).expect("a header"), header);
        }
        let all = Cookie::new("sid")
            .path("/x")
            .domain("example.com")
            .http_only(false)
            .secure(true)
            .same_site(SameSite::None)
            .max_age(Duration::from_secs(60))
            .expires("Wed, 21 Oct 2026 07:28:00 GMT")
            .partitioned(true)
            .priority(Priority::High);
        assert_eq!(all.check(), Ok(()));
        assert_eq!(
            all.header("abc", false).expect("a header"),
            "sid=abc; Max-Age=60; Domain=example.com; Path=/x; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure; \
             Partitioned; Priority=High; SameSite=None"
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
        let apart = Cookie::new("io").partitioned(true);
        assert_eq!(apart.check(), Err(ConfigError::InsecurePartition));
        let date = Cookie::new("io").expires("now; Domain=x");
        assert_eq!(
            date.check(),
            Err(ConfigError::NotACookie("now; Domain=x".into()))
        );
    }
}
