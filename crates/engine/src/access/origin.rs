use std::{
    borrow::Cow,
    net::{Ipv4Addr, Ipv6Addr},
};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request::Parts, uri::Authority};
use serde_json::json;
pub(super) use sockeye_websocket::accept::same_origin as is_same_origin;

use crate::Body;

/// How much of a header is repeated in an answer or a log.
const SHOWN: usize = 256;

/// What a browser is told of a request that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grant {
    /// Nothing: it did not ask, or the page is the server's own.
    Silent,
    /// Every page may read the answer.
    Any,
    /// This page may.
    Origin(HeaderValue),
}

/// A request that a page caused.
pub(super) struct Asked<'r> {
    request: &'r Parts,
    /// `None` if there are several.
    page: Option<Cow<'r, str>>,
    /// The query names it, and not the browser.
    by_query: bool,
}

impl<'r> Asked<'r> {
    /// The page that caused a request, if it was one. `embedder` is the page that a frame is asked for.
    pub(super) fn of(request: &'r Parts, embedder: Option<&'r str>) -> Option<Self> {
        let mut origins = request.headers.get_all(header::ORIGIN).into_iter();
        let page = match origins.next() {
            // RFC 6454 7.3 has one header: of several, nobody knows which the browser wrote.
            Some(origin) => origins
                .next()
                .is_none()
                .then(|| String::from_utf8_lossy(origin.as_bytes())),
            // Script and image elements send no `Origin`; their answers could be read all the same. A frame's cannot,
            // but by the page that it is for.
            None => match fetch_site(&request.headers)? {
                b"cross-site" | b"same-site" => {
                    let page = referring_page(&request.headers).or(embedder);
                    Some(Cow::Borrowed(page.unwrap_or("null")))
                }
                _ => return None,
            },
        };
        Some(Self {
            request,
            page,
            by_query: false,
        })
    }

    /// The page that a frame is asked for.
    pub(super) fn by_embedder(request: &'r Parts, embedder: &'r str) -> Self {
        Self {
            request,
            page: Some(Cow::Borrowed(embedder)),
            by_query: true,
        }
    }

    /// The page, if the request names one alone.
    pub(super) fn single(&self) -> Option<&str> {
        self.page.as_deref()
    }

    /// Where the request was sent to. RFC 9112 3.2.2: an absolute target overrules `Host`.
    pub(super) fn host(&self) -> Option<&str> {
        let authority = self.request.uri.authority().map(Authority::as_str);
        authority.or_else(|| self.request.headers.get(header::HOST)?.to_str().ok())
    }

    /// Whether the browser found that the page is the server's own; no page can write this header, and the
    /// browser knows the server's public name where a proxy replaced `Host`. What it found is true of the page that it
    /// names, whatever the query says.
    pub(super) fn browser_says_same(&self) -> bool {
        let page = self.single().unwrap_or_default();
        let headers = &self.request.headers;
        (page.starts_with("http://") || page.starts_with("https://"))
            && fetch_site(headers).is_some_and(|site| site == b"same-origin")
            && (!self.by_query || referring_page(headers) == Some(page))
    }

    pub(super) fn grant(&self) -> Grant {
        match self.request.headers.get(header::ORIGIN) {
            Some(origin) => Grant::Origin(origin.clone()),
            None => Grant::Silent,
        }
    }

    pub(super) fn refused(&self, forwarded_host: Option<&str>) -> OriginRefused {
        let origins = self.request.headers.get_all(header::ORIGIN);
        let origin = match self.single() {
            Some(page) => page.to_owned(),
            None => {
                let all: Vec<_> = origins
                    .iter()
                    .map(|origin| String::from_utf8_lossy(origin.as_bytes()))
                    .collect();
                all.join(", ")
            }
        };
        let compared = match (forwarded_host, self.host()) {
            (Some(host), _) => format!("X-Forwarded-Host: {}", shorten(host)),
            (None, Some(host)) => format!("Host: {}", shorten(host)),
            (None, None) => "Host, which is missing".into(),
        };
        OriginRefused {
            origin: shorten(&origin).to_owned(),
            compared,
            readable_by: origins.iter().next().cloned(),
        }
    }
}

/// What the browser says of the page and the server (Fetch Metadata Request Headers 2.4).
fn fetch_site(headers: &HeaderMap) -> Option<&[u8]> {
    Some(headers.get("sec-fetch-site")?.as_bytes())
}

/// The origin of the page that holds the element which caused the request, if it is told.
fn referring_page(headers: &HeaderMap) -> Option<&str> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let host = referer.find("://")? + 3;
    let end = referer[host..].find(['/', '?', '#']);
    Some(&referer[..end.map_or(referer.len(), |end| host + end)])
}

/// Whether a page of this machine asks a server that was addressed as this machine, whatever their ports.
pub(super) fn is_loopback_page(origin: &str, host: &str) -> bool {
    let page = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    page.is_some_and(is_loopback) && is_loopback(host)
}

fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let v6 = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || v6.is_some_and(|v6| v6.parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback()))
}

fn shorten(text: &str) -> &str {
    let mut end = text.len().min(SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A page that may not talk to the server.
#[derive(Debug, Clone)]
pub(crate) struct OriginRefused {
    pub(crate) origin: String,
    /// The header that the origin was compared with.
    pub(crate) compared: String,
    readable_by: Option<HeaderValue>,
}

impl OriginRefused {
    /// The line of code that allows the page.
    pub(crate) fn remedy(&self) -> String {
        format!("Server::builder().cors(Cors::allow([{:?}]))", self.origin)
    }

    pub(crate) fn message(&self) -> String {
        format!(
            "Origin {:?} is not allowed: it differs from \"{}\". To allow it: {}. If a proxy stands before \
             the server, it can pass the name that browsers use: `proxy_set_header Host $http_host`",
            self.origin,
            self.compared,
            self.remedy()
        )
    }

    /// The page itself may read why; there is nothing in it that it has not sent.
    pub(crate) fn response(&self) -> Response<Body> {
        let body = json!({
            "code": 4,
            "message": self.message(),
            "origin": self.origin,
            "header": self.compared,
            "allow": self.remedy(),
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = StatusCode::FORBIDDEN;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = &self.readable_by {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        response
    }
}
