use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request::Parts};

use super::{
    Grant, OriginRefused,
    origin::{Asked, is_loopback_page, is_same_origin},
};
use crate::{Body, ConfigError};

/// Pages of which origins may talk to the server, over long-polling and WebSocket alike, and what else
/// browsers are told about it (the Fetch standard's CORS protocol).
///
/// A browser lets any page send requests to any server, with the cookies of its user, and open WebSockets
/// to it; it names the page in `Origin`. So a request with an `Origin` is refused, with 403, unless the
/// page is allowed:
///
/// * pages of the server's own host are, always: `Origin` is compared with `Host`, or with
///   `X-Forwarded-Host` if it comes from one of the [trusted proxies](crate::TrustedProxies). Schemes are not
///   compared, for behind a proxy nobody knows what the browser used. A browser that says
///   `Sec-Fetch-Site: same-origin` has made the comparison itself.
/// * pages of this machine (`http://localhost:5173`) are, if the server was addressed as this machine.
/// * others are if they are allowed here. `null`, `file://` and extensions have to be listed.
///
/// Programs other than browsers send no `Origin`, and are not judged.
///
/// A frame of streaming is asked for without an `Origin`; the page that it is for is named in the query, and judged in the
/// same way. Frames and WebSockets send cookies whatever [`credentials`](Self::credentials) says.
///
/// ```
/// use sockeye_engine::Cors;
///
/// let cors = Cors::allow(["https://app.example.com"]).credentials(true);
/// assert_eq!(cors.check(), Ok(()));
/// let cors = Cors::any().credentials(true);
/// assert!(cors.check().unwrap_err().to_string().contains("list the origins"));
/// ```
#[derive(Clone, Default)]
pub struct Cors {
    rule: Rule,
    credentials: bool,
    methods: Option<HeaderValue>,
    headers: Option<HeaderValue>,
    exposed: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
    /// The first value given that cannot be used.
    fault: Option<String>,
}

#[derive(Clone, Default)]
enum Rule {
    #[default]
    Same,
    Any,
    List(Arc<[String]>),
    If(Arc<Judge>),
    Unchecked,
}

type Judge = dyn Fn(&str) -> bool + Send + Sync;

impl Cors {
    /// Pages of the server's own host alone. The default.
    #[must_use]
    pub fn same_origin() -> Self {
        Self::default()
    }

    /// These pages too, written as a browser does: `https://example.com`, with the port unless it is the
    /// scheme's own.
    #[must_use]
    pub fn allow<I>(origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self::of(Rule::List(origins.into_iter().map(Into::into).collect()))
    }

    /// The pages too whose origin this function likes.
    ///
    /// ```
    /// use sockeye_engine::Cors;
    ///
    /// let cors = Cors::allow_if(|origin| origin.ends_with(".example.com"));
    /// # let _ = cors;
    /// ```
    #[must_use]
    pub fn allow_if(judge: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::of(Rule::If(Arc::new(judge)))
    }

    /// All pages: for what is public, and trusts neither cookies nor the network it is in.
    #[must_use]
    pub fn any() -> Self {
        Self::of(Rule::Any)
    }

    /// As the reference does without its option `cors`: nothing is judged, and browsers are told nothing. So
    /// they keep the answers of long-polling from pages of other origins, and let these use WebSockets and the frames of
    /// streaming.
    #[must_use]
    pub fn unchecked() -> Self {
        Self::of(Rule::Unchecked)
    }

    fn of(rule: Rule) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// Whether those pages may send cookies (`withCredentials` of the client). Default: no.
    #[must_use]
    pub fn credentials(mut self, allow: bool) -> Self {
        self.credentials = allow;
        self
    }

    /// The methods that a preflight allows. Default: GET and POST.
    #[must_use]
    pub fn methods<I: IntoIterator<Item: AsRef<str>>>(mut self, methods: I) -> Self {
        self.methods = self.list(methods);
        self
    }

    /// The request headers that a preflight allows. Default: those that it asks for.
    #[must_use]
    pub fn headers<I: IntoIterator<Item: AsRef<str>>>(mut self, names: I) -> Self {
        self.headers = self.list(names);
        self
    }

    /// The response headers that pages may read. Default: those that browsers show anyway.
    #[must_use]
    pub fn expose<I: IntoIterator<Item: AsRef<str>>>(mut self, names: I) -> Self {
        self.exposed = self.list(names);
        self
    }

    /// How long a browser may remember a preflight's answer. Default: what it likes.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(HeaderValue::from(age.as_secs()));
        self
    }

    fn list(&mut self, items: impl IntoIterator<Item: AsRef<str>>) -> Option<HeaderValue> {
        let mut list = String::new();
        for item in items {
            let item = item.as_ref();
            if item.parse::<http::HeaderName>().is_err() {
                self.fault.get_or_insert_with(|| item.to_owned());
                continue;
            }
            list.push_str(if list.is_empty() { "" } else { "," });
            list.push_str(item);
        }
        HeaderValue::try_from(list).ok()
    }

    /// Whether it can be kept to.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        if let Some(fault) = &self.fault {
            return Err(ConfigError::NotAToken(fault.clone()));
        }
        match &self.rule {
            Rule::Any if self.credentials => Err(ConfigError::CredentialsForAll),
            Rule::List(origins) if origins.is_empty() => Err(ConfigError::NoOrigins),
            Rule::List(origins) => match origins.iter().find(|origin| !is_origin(origin)) {
                Some(other) => Err(ConfigError::NotAnOrigin(other.clone())),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Judges a request. `embedder` is the origin of the page that it wants a frame for; `forwarded_host` is what a
    /// trusted proxy says it was sent to.
    pub(crate) fn judge(
        &self,
        request: &Parts,
        embedder: Option<&str>,
        forwarded_host: Option<&str>,
    ) -> Result<Grant, OriginRefused> {
        if matches!(self.rule, Rule::Unchecked) {
            return Ok(Grant::Silent);
        }
        if let Some(page) = embedder {
            self.judge_page(&Asked::by_embedder(request, page), forwarded_host)?;
        }
        match Asked::of(request, embedder) {
            Some(asked) => self.judge_page(&asked, forwarded_host),
            // The answer may be kept, and then given to a page.
            None => Ok(match self.rule {
                Rule::Any => Grant::Any,
                _ => Grant::Silent,
            }),
        }
    }

    fn judge_page(
        &self,
        asked: &Asked<'_>,
        forwarded_host: Option<&str>,
    ) -> Result<Grant, OriginRefused> {
        if matches!(self.rule, Rule::Any) {
            return Ok(Grant::Any);
        }
        if let Some(page) = asked.single() {
            let host = forwarded_host.or_else(|| asked.host());
            if asked.browser_says_same() || host.is_some_and(|host| is_same_origin(page, host)) {
                return Ok(Grant::Silent);
            }
            let listed = match &self.rule {
                Rule::List(origins) => origins.iter().any(|one| one.eq_ignore_ascii_case(page)),
                Rule::If(judge) => judge(page),
                Rule::Same | Rule::Any | Rule::Unchecked => false,
            };
            if listed || host.is_some_and(|host| is_loopback_page(page, host)) {
                return Ok(asked.grant());
            }
        }
        Err(asked.refused(forwarded_host))
    }

    /// Tells the browser, in the headers of an answer, what was granted.
    pub(crate) fn mark(&self, grant: &Grant, headers: &mut HeaderMap) {
        match grant {
            Grant::Silent => {
                if !matches!(self.rule, Rule::Same | Rule::Unchecked) {
                    append_vary(headers);
                }
                return;
            }
            Grant::Any => {
                headers.insert(
                    header::ACCESS_CONTROL_ALLOW_ORIGIN,
                    HeaderValue::from_static("*"),
                );
            }
            Grant::Origin(origin) => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                append_vary(headers);
            }
        }
        if self.credentials {
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        if let Some(exposed) = &self.exposed {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
    }

    /// The answer to a preflight from a page that is allowed.
    pub(crate) fn preflight(&self, grant: &Grant, request: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        self.mark(grant, headers);
        let methods = self.methods.clone();
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            methods.unwrap_or(HeaderValue::from_static("GET,POST")),
        );
        let asked = || request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        if let Some(names) = self.headers.clone().or_else(asked) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
            headers.append(
                header::VARY,
                HeaderValue::from_static("access-control-request-headers"),
            );
        }
        if let Some(age) = &self.max_age {
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, age.clone());
        }
        response
    }
}

/// A cache must not give the answer for one page to another.
fn append_vary(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

/// Whether a browser may write this in `Origin` (RFC 6454 7.1): a scheme, a host and at most a port.
fn is_origin(text: &str) -> bool {
    if text == "null" {
        return true;
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '*' | '@' | '?' | '#' | ',');
    !scheme.is_empty()
        && rest.chars().all(plain)
        && (scheme == "file" || rest.parse::<http::uri::Authority>().is_ok())
}

impl fmt::Debug for Cors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule: &dyn fmt::Debug = match &self.rule {
            Rule::Same => &"same origin",
            Rule::Any => &"any",
            Rule::List(origins) => origins,
            Rule::If(_) => &"judged by a function",
            Rule::Unchecked => &"unchecked",
        };
        f.debug_struct("Cors")
            .field("origins", rule)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(cors: &Cors, heads: &[(&'static str, &str)]) -> Result<Grant, String> {
        let mut request = http::Request::builder().uri("/socket.io/?EIO=4&transport=polling");
        for (name, value) in heads {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        cors.judge(&parts, None, None)
            .map_err(|refused| refused.origin)
    }

    /// Judges a request for a frame in a page of this origin.
    fn judge_frame(
        cors: &Cors,
        embedder: &str,
        heads: &[(&'static str, &str)],
    ) -> Result<Grant, String> {
        let mut request = http::Request::builder().uri("/socket.io/?EIO=4&transport=streaming");
        for (name, value) in heads {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        cors.judge(&parts, Some(embedder), None)
            .map_err(|refused| refused.origin)
    }

    #[test]
    fn a_page_of_the_same_host_is_allowed_and_others_are_not() {
        let cors = Cors::same_origin();
        for (origin, host) in [
            ("http://192.168.1.7:3000", "192.168.1.7:3000"),
            ("https://example.com", "example.com"),
            ("https://example.com", "EXAMPLE.com:443"),
            ("http://[::1]:3000", "[::1]:3000"),
        ] {
            let heads = [("host", host), ("origin", origin)];
            assert_eq!(judge(&cors, &heads), Ok(Grant::Silent), "{origin}");
        }
        for (origin, host) in [
            ("https://example.com.evil.net", "example.com"),
            ("https://evil.net", "example.com"),
            ("https://example.com:8443", "example.com"),
            ("https://user@example.com", "example.com"),
            ("null", "example.com"),
            ("file://", "example.com"),
            ("chrome-extension://abcdef", "example.com"),
            ("https://example.com", "127.0.0.1:3000"),
            ("http://localhost:5173", "example.com"),
            ("null", "localhost:3000"),
            ("", "example.com"),
        ] {
            let heads = [("host", host), ("origin", origin)];
            assert_eq!(judge(&cors, &heads), Err(origin.to_owned()), "{origin}");
        }
    }

    #[test]
    fn pages_of_this_machine_reach_a_server_on_this_machine() {
        for (origin, host) in [
            ("http://localhost:5173", "localhost:3000"),
            ("http://127.0.0.1:5173", "localhost:3000"),
            ("http://[::1]:5173", "127.0.0.1:3000"),
        ] {
            let granted = judge(&Cors::same_origin(), &[("host", host), ("origin", origin)]);
            let origin = HeaderValue::from_static(origin);
            assert_eq!(granted, Ok(Grant::Origin(origin)));
        }
    }

    #[test]
    fn what_the_browser_says_of_the_page_counts() {
        let stock_nginx = [
            ("host", "127.0.0.1:3000"),
            ("origin", "https://example.com"),
            ("sec-fetch-site", "same-origin"),
        ];
        let cors = Cors::same_origin();
        assert_eq!(judge(&cors, &stock_nginx), Ok(Grant::Silent));
        // A sandboxed page is nobody's, whatever it was loaded from.
        let sandboxed = [
            ("host", "a.example"),
            ("origin", "null"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert_eq!(judge(&cors, &sandboxed), Err("null".into()));
        // A script element sends no `Origin`.
        let script = [
            ("host", "a.example"),
            ("sec-fetch-site", "cross-site"),
            ("referer", "https://b.example/page?x"),
        ];
        assert_eq!(judge(&cors, &script), Err("https://b.example".into()));
        assert_eq!(
            judge(
                &cors,
                &[("host", "a.example"), ("sec-fetch-site", "cross-site")]
            ),
            Err("null".into())
        );
        assert_eq!(
            judge(&cors, &[("host", "a.example"), ("sec-fetch-site", "none")]),
            Ok(Grant::Silent)
        );
    }

    #[test]
    fn a_frame_is_for_a_page_that_is_allowed() {
        let cors = Cors::allow(["https://app.example"]);
        let host = ("host", "rt.example");
        let cross = ("sec-fetch-site", "cross-site");
        let app = ("referer", "https://app.example/page");
        let evil = ("referer", "https://evil.example/");
        for (embedder, heads) in [
            ("https://rt.example", &[host][..]),
            ("https://app.example", &[host]),
            ("https://app.example", &[host, cross, app]),
            // The page keeps its address to itself: what the frame may be shown in is what counts.
            ("https://app.example", &[host, cross]),
        ] {
            assert_eq!(judge_frame(&cors, embedder, heads), Ok(Grant::Silent));
        }
        for (embedder, heads, refused) in [
            ("https://evil.example", &[host][..], "https://evil.example"),
            (
                "https://evil.example",
                &[host, cross, app],
                "https://evil.example",
            ),
            (
                "https://app.example",
                &[host, cross, evil],
                "https://evil.example",
            ),
            (
                "https://app.example",
                &[host, ("origin", "https://evil.example")],
                "https://evil.example",
            ),
        ] {
            let judged = judge_frame(&cors, embedder, heads);
            assert_eq!(judged, Err(refused.to_owned()), "{heads:?}");
        }
        assert_eq!(
            judge_frame(&Cors::any(), "https://evil.example", &[host]),
            Ok(Grant::Any)
        );
        assert_eq!(
            judge_frame(&Cors::unchecked(), "https://evil.example", &[host]),
            Ok(Grant::Silent)
        );
    }

    #[test]
    fn a_page_of_the_server_can_name_no_other_for_a_frame() {
        let stock_nginx = [
            ("host", "127.0.0.1:3000"),
            ("sec-fetch-site", "same-origin"),
            ("referer", "https://example.com/page"),
        ];
        let cors = Cors::same_origin();
        let own = judge_frame(&cors, "https://example.com", &stock_nginx);
        assert_eq!(own, Ok(Grant::Silent));
        for heads in [&stock_nginx[..], &stock_nginx[..2]] {
            let other = judge_frame(&cors, "https://evil.example", heads);
            assert_eq!(other, Err("https://evil.example".into()), "{heads:?}");
        }
    }

    #[test]
    fn several_origins_are_nobodys() {
        let heads = [
            ("host", "a.example"),
            ("origin", "https://a.example"),
            ("origin", "https://b.example"),
        ];
        let cors = Cors::allow(["https://b.example"]);
        assert_eq!(
            judge(&cors, &heads),
            Err("https://a.example, https://b.example".into())
        );
    }

    #[test]
    fn what_cannot_be_kept_to_says_what_to_change() {
        for (cors, error) in [
            (
                Cors::any().credentials(true),
                ConfigError::CredentialsForAll,
            ),
            (Cors::allow([""; 0]), ConfigError::NoOrigins),
            (
                Cors::allow(["https://a.example/"]),
                ConfigError::NotAnOrigin("https://a.example/".into()),
            ),
            (
                Cors::allow(["https://*.a.example"]),
                ConfigError::NotAnOrigin("https://*.a.example".into()),
            ),
            (Cors::allow(["*"]), ConfigError::NotAnOrigin("*".into())),
            (
                Cors::any().headers(["x a"]),
                ConfigError::NotAToken("x a".into()),
            ),
        ] {
            assert_eq!(cors.check(), Err(error));
        }
        for origin in ["https://a.example", "http://[::1]:3000", "null", "file://"] {
            assert_eq!(Cors::allow([origin]).check(), Ok(()), "{origin}");
        }
    }
}
