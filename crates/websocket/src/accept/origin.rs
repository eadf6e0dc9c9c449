use std::fmt;
use std::sync::Arc;

use http::header::{HeaderMap, ORIGIN};
use http::uri::Authority;

/// From which pages a WebSocket may be opened (RFC 6455 10.2).
///
/// A browser lets any page open a WebSocket to any server, with the user's cookies, and says in
/// `Origin` which page it is. A server that trusts cookies, or the network it is in, has to judge
/// that header. Programs other than browsers send none: they could send any, so a request without
/// it is allowed by all but [`judged_by`](Self::judged_by).
///
/// ```
/// use sockeye_websocket::accept::{Origins, Policy};
///
/// let policy = Policy::new().origins(Origins::only(["https://example.com"]));
/// # let _ = policy;
/// ```
#[derive(Clone, Default)]
pub struct Origins(Rule);

#[derive(Clone, Default)]
enum Rule {
    #[default]
    Any,
    Same,
    Only(Arc<[String]>),
    JudgedBy(Arc<Judge>),
}

type Judge = dyn Fn(Option<&str>) -> bool + Send + Sync;

impl Origins {
    /// Any page: for what is public, and for what does not trust cookies. The default.
    #[must_use]
    pub fn any() -> Self {
        Self(Rule::Any)
    }

    /// Pages of the same host and port, as [`same_origin`] tells.
    #[must_use]
    pub fn same() -> Self {
        Self(Rule::Same)
    }

    /// These only, as a browser writes them: `https://example.com`, with the port unless it is the
    /// scheme's own.
    #[must_use]
    pub fn only<I>(origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self(Rule::Only(origins.into_iter().map(Into::into).collect()))
    }

    /// What this function says of the header, which is `None` if there is none.
    #[must_use]
    pub fn judged_by(judge: impl Fn(Option<&str>) -> bool + Send + Sync + 'static) -> Self {
        Self(Rule::JudgedBy(Arc::new(judge)))
    }

    /// The origin that is refused, if it is; `authority` is where the request went.
    pub(crate) fn refused(
        &self,
        headers: &HeaderMap,
        authority: Option<&Authority>,
    ) -> Option<Option<String>> {
        let mut found = headers.get_all(ORIGIN).into_iter();
        let first = found.next();
        let text = first.map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
        let origin = text.as_deref();
        let allowed = match &self.0 {
            Rule::Any => true,
            // RFC 6454 7.3 has one header: of several, nobody knows which the browser wrote.
            _ if found.next().is_some() => false,
            Rule::Same => origin.is_none_or(|origin| {
                authority.is_some_and(|authority| same_origin(origin, authority.as_str()))
            }),
            Rule::Only(allowed) => origin.is_none_or(|origin| {
                let same = |allowed: &String| allowed.eq_ignore_ascii_case(origin);
                allowed.iter().any(same)
            }),
            Rule::JudgedBy(judge) => judge(origin),
        };
        (!allowed).then_some(text)
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Any => f.write_str("Any"),
            Rule::Same => f.write_str("Same"),
            Rule::Only(origins) => f.debug_tuple("Only").field(origins).finish(),
            Rule::JudgedBy(_) => f.write_str("JudgedBy(..)"),
        }
    }
}

/// Whether a page of this origin comes from this host, as `Host` or `:authority` names it.
///
/// The scheme is not compared, for behind a proxy nobody knows what the browser used; a port that
/// is the scheme's own may be left out on either side.
///
/// ```
/// use sockeye_websocket::accept::same_origin;
///
/// assert!(same_origin("https://example.com", "Example.com"));
/// assert!(same_origin("http://example.com:80", "example.com"));
/// assert!(!same_origin("https://example.com:8443", "example.com"));
/// assert!(!same_origin("https://example.com.evil.net", "example.com"));
/// assert!(!same_origin("null", "example.com")); // a sandboxed page or a local file
/// ```
#[must_use]
pub fn same_origin(origin: &str, host: &str) -> bool {
    let Some((scheme, page)) = origin.split_once("://") else {
        return false;
    };
    let (Ok(page), Ok(host)) = (page.parse::<Authority>(), host.parse::<Authority>()) else {
        return false;
    };
    let own = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    };
    let port = |authority: &Authority| authority.port_u16().or(own);
    !page.as_str().contains('@')
        && page.host().eq_ignore_ascii_case(host.host())
        && port(&page) == port(&host)
}
