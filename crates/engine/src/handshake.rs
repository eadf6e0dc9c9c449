use std::{borrow::Cow, fmt, net::SocketAddr, time::SystemTime};

use http::{HeaderMap, Uri};

use crate::request::query_pairs;

/// What the first request of a session brought: headers, query and address.
///
/// It is kept in one piece and read when asked for.
#[derive(Clone)]
pub struct Handshake {
    /// The URL, then each header as `name: value`, one a line.
    text: Box<str>,
    url_len: u32,
    address: Option<SocketAddr>,
    secure: bool,
    time: SystemTime,
}

impl Handshake {
    /// Copies what is kept of a request.
    #[must_use]
    pub fn new(uri: &Uri, headers: &HeaderMap, address: Option<SocketAddr>) -> Self {
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        let size = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 3)
            .sum::<usize>();
        let mut text = String::with_capacity(path.len() + size);
        text.push_str(path);
        for (name, value) in headers {
            text.push('\n');
            text.push_str(name.as_str());
            text.push_str(": ");
            // A header value holds no line feed, so lines are unambiguous.
            text.push_str(&String::from_utf8_lossy(value.as_bytes()));
        }
        Self {
            text: text.into_boxed_str(),
            url_len: path.len() as u32,
            address,
            secure: false,
            time: SystemTime::now(),
        }
    }

    /// Tells whether the request came encrypted.
    #[must_use]
    pub fn with_secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Path and query of the request.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.text[..self.url_len as usize]
    }

    /// The first header of that name, in any case.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue, Uri};
    /// use sockeye_engine::Handshake;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("user-agent", HeaderValue::from_static("test"));
    /// let uri = Uri::from_static("/socket.io/?EIO=4&token=a%20b");
    /// let handshake = Handshake::new(&uri, &headers, None);
    /// assert_eq!(handshake.header("User-Agent"), Some("test"));
    /// assert_eq!(handshake.query("token").as_deref(), Some("a b"));
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text[self.url_len as usize..]
            .split('\n')
            .skip(1)
            .filter_map(|line| line.split_once(": "))
    }

    /// The first value of that name in the query, percent-decoded.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        self.queries()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// All names and values of the query, percent-decoded.
    pub fn queries(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        query_pairs(self.url().split_once('?').map_or("", |(_, query)| query))
    }

    /// The address that the connection came from, if the server knows it.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Whether the request came encrypted: to this server, or to the trusted proxy that passed it on.
    #[must_use]
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// When the request came.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.time
    }
}

impl fmt::Debug for Handshake {
    /// Leaves headers and query out: they hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("address", &self.address)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}
