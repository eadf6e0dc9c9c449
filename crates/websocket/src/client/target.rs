use std::net::IpAddr;

use url::{Host, Url};

use super::UrlError;
use super::credentials::Credentials;

/// Where a URL leads: what WHATWG's `WebSocket` constructor makes of it, by the same rules.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// `ws` or `wss`, with a host, and without user information.
    url: Url,
    credentials: Option<Credentials>,
}

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, UrlError> {
        Self::new(parse(url)?)
    }

    /// Where a `Location` leads from here (RFC 9110 10.2.2). The user information in it is no
    /// one's but the server's, and is dropped.
    pub(super) fn redirected(&self, location: &str) -> Result<Self, UrlError> {
        let mut next = Self::new(self.url.join(location).map_err(invalid)?)?;
        next.credentials = None;
        Ok(next)
    }

    fn new(mut url: Url) -> Result<Self, UrlError> {
        // WHATWG WebSockets, the steps to get a URL record: http and https are taken for ws and wss.
        let scheme = match url.scheme() {
            "http" | "ws" => "ws",
            "https" | "wss" => "wss",
            other => return Err(UrlError::Scheme(other.to_owned())),
        };
        // RFC 6455 3
        if url.fragment().is_some() {
            return Err(UrlError::Fragment);
        }
        let credentials = Credentials::take(&mut url);
        url.set_scheme(scheme)
            .map_err(|()| UrlError::Scheme(url.scheme().to_owned()))?;
        if url.host().is_none() {
            return Err(UrlError::NoHost);
        }
        Ok(Self { url, credentials })
    }

    pub(super) fn into_url(self) -> Url {
        self.url
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    pub(super) fn is_secure(&self) -> bool {
        self.url.scheme() == "wss"
    }

    /// Whether what was meant for one may be told to the other (RFC 6454 5).
    pub(super) fn same_origin(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::of(&self.url)
    }

    /// For `Host`: the port only if it is not the scheme's own (RFC 6455 4.1, 4).
    pub(super) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            None => host.to_owned(),
            Some(port) => format!("{host}:{port}"),
        }
    }

    /// Path and query (RFC 6455 3, "resource name").
    pub(super) fn resource(&self) -> String {
        match self.url.query() {
            None => self.url.path().to_owned(),
            Some(query) => format!("{}?{query}", self.url.path()),
        }
    }
}

/// A host and a port to connect to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Endpoint {
    pub(super) host: Host<String>,
    pub(super) port: u16,
}

impl Endpoint {
    /// Of a URL that has a host and one of the known schemes.
    pub(super) fn of(url: &Url) -> Self {
        let host = match url.host() {
            Some(host) => host.to_owned(),
            None => Host::Domain(String::new()),
        };
        Self {
            host,
            port: url.port_or_known_default().unwrap_or(0),
        }
    }

    pub(super) fn ip(&self) -> Option<IpAddr> {
        match self.host {
            Host::Domain(_) => None,
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
        }
    }

    /// Host and port, with brackets around an IPv6 address.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Parses a URL and tells the one mistake apart that is made most often.
pub(super) fn parse(url: &str) -> Result<Url, UrlError> {
    Url::parse(url).map_err(invalid)
}

fn invalid(error: url::ParseError) -> UrlError {
    match error {
        url::ParseError::EmptyHost => UrlError::NoHost,
        error => UrlError::Invalid(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url).expect(url)
    }

    #[test]
    fn what_a_url_means() {
        // URL, `Host`, request target, endpoint
        let cases = [
            ("ws://example.com", "example.com", "/", "example.com:80"),
            ("wss://example.com", "example.com", "/", "example.com:443"),
            ("WS://EXAMPLE.com:80/", "example.com", "/", "example.com:80"),
            (
                "wss://example.com:80/a",
                "example.com:80",
                "/a",
                "example.com:80",
            ),
            (
                "ws://example.com:8080?a=b c",
                "example.com:8080",
                "/?a=b%20c",
                "example.com:8080",
            ),
            // RFC 6455 3: the question mark belongs to the resource only with a query behind it;
            // the URL standard keeps an empty one, and so do browsers.
            ("ws://example.com/?", "example.com", "/?", "example.com:80"),
            ("ws://[::1]:9001/x", "[::1]:9001", "/x", "[::1]:9001"),
            (
                "wss://[2001:DB8::1]",
                "[2001:db8::1]",
                "/",
                "[2001:db8::1]:443",
            ),
            ("ws://127.1/", "127.0.0.1", "/", "127.0.0.1:80"),
            (
                "ws://b\u{fc}cher.example/\u{e4}",
                "xn--bcher-kva.example",
                "/%C3%A4",
                "xn--bcher-kva.example:80",
            ),
            (
                "http://example.com:80/",
                "example.com",
                "/",
                "example.com:80",
            ),
            (
                "http://example.com:443/",
                "example.com:443",
                "/",
                "example.com:443",
            ),
            (
                "https://example.com/",
                "example.com",
                "/",
                "example.com:443",
            ),
            (
                " ws://example.com/a/../b \n",
                "example.com",
                "/b",
                "example.com:80",
            ),
            (
                "ws:\\\\example.com\\b",
                "example.com",
                "/b",
                "example.com:80",
            ),
            ("ws:///example.com", "example.com", "/", "example.com:80"),
        ];
        for (url, host, resource, endpoint) in cases {
            let target = target(url);
            assert_eq!(target.authority(), host, "{url}");
            assert_eq!(target.resource(), resource, "{url}");
            assert_eq!(target.endpoint().authority(), endpoint, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_websocket() {
        let refused = |url: &str| Target::parse(url).expect_err(url);
        assert_eq!(refused("ws://example.com/#"), UrlError::Fragment);
        assert_eq!(refused("wss://example.com/#a"), UrlError::Fragment);
        assert_eq!(
            refused("ftp://example.com/"),
            UrlError::Scheme("ftp".to_owned())
        );
        assert_eq!(
            refused("localhost:9001"),
            UrlError::Scheme("localhost".to_owned())
        );
        assert_eq!(refused("ws://"), UrlError::NoHost);
        assert_eq!(refused("ws://?a"), UrlError::NoHost);
        assert_eq!(refused("ws://user@/"), UrlError::NoHost);
        let invalid = [
            ("", url::ParseError::RelativeUrlWithoutBase),
            ("/chat", url::ParseError::RelativeUrlWithoutBase),
            ("example.com", url::ParseError::RelativeUrlWithoutBase),
            ("ws://example.com:65536/", url::ParseError::InvalidPort),
            ("ws://[::1/", url::ParseError::InvalidIpv6Address),
            ("ws://1.2.3.4.5/", url::ParseError::InvalidIpv4Address),
            ("ws://xn--/", url::ParseError::IdnaError),
        ];
        for (url, reason) in invalid {
            assert_eq!(refused(url), UrlError::Invalid(reason), "{url}");
        }
    }

    #[test]
    fn locations() {
        let from = target("wss://a:b@example.com/chat/room?x=1");
        let leads = |location: &str| from.redirected(location).expect(location);
        assert_eq!(leads("/other").url.as_str(), "wss://example.com/other");
        assert_eq!(leads("hall").url.as_str(), "wss://example.com/chat/hall");
        assert_eq!(leads("?y").url.as_str(), "wss://example.com/chat/room?y");
        assert_eq!(leads("//b.example/").url.as_str(), "wss://b.example/");
        assert_eq!(
            leads("https://u:p@b.example:444/").url.as_str(),
            "wss://b.example:444/"
        );
        assert!(leads("https://u:p@b.example:444/").credentials().is_none());
        assert!(leads("").credentials().is_none());
        assert_eq!(from.redirected("/#a").expect_err("#"), UrlError::Fragment);

        assert!(from.same_origin(&leads("/other")));
        assert!(from.same_origin(&leads("wss://EXAMPLE.com:443/")));
        assert!(!from.same_origin(&leads("wss://example.com:444/")));
        assert!(!from.same_origin(&leads("ws://example.com/")));
        assert!(!from.same_origin(&leads("//www.example.com/")));
    }
}
