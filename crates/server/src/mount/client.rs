//! The browser client's files, compressed ahead of time.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// One file below the server's path.
pub(crate) struct File {
    name: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

macro_rules! files {
    ($($name:literal)*) => {
        [$(File {
            name: $name,
            plain: include_bytes!(concat!("../../client/", $name)),
            gzip: include_bytes!(concat!("../../client/", $name, ".gz")),
            brotli: include_bytes!(concat!("../../client/", $name, ".br")),
        },)*]
    };
}

static FILES: [File; 6] = files!(
    "socket.io.js"
    "socket.io.js.map"
    "socket.io.min.js"
    "socket.io.min.js.map"
    "socket.io.esm.min.js"
    "socket.io.esm.min.js.map"
);

const ETAG: &str = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");

/// Finds a file by what follows the server's path.
pub(crate) fn find(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

impl File {
    pub(crate) fn response(&self, request: &HeaderMap) -> Response<Full<Bytes>> {
        let content_type = if self.name.ends_with(".map") {
            "application/json; charset=utf-8"
        } else {
            "application/javascript; charset=utf-8"
        };
        let builder = Response::builder()
            .header(header::CACHE_CONTROL, "public, max-age=0")
            .header(header::CONTENT_TYPE, content_type)
            .header(header::ETAG, ETAG)
            .header(header::VARY, "accept-encoding");
        let known = request.get(header::IF_NONE_MATCH).is_some_and(is_current);
        let (status, encoding, body) = match request.get(header::ACCEPT_ENCODING) {
            _ if known => (StatusCode::NOT_MODIFIED, None, &[][..]),
            Some(accepted) if accepts(accepted, "br") => (StatusCode::OK, Some("br"), self.brotli),
            Some(accepted) if accepts(accepted, "gzip") => {
                (StatusCode::OK, Some("gzip"), self.gzip)
            }
            _ => (StatusCode::OK, None, self.plain),
        };
        let builder = match encoding {
            Some(encoding) => builder.header(header::CONTENT_ENCODING, encoding),
            None => builder,
        };
        builder
            .status(status)
            .body(Full::new(Bytes::from_static(body)))
            .expect("a constant response is valid")
    }
}

fn is_current(tags: &HeaderValue) -> bool {
    let tags = tags.to_str().unwrap_or_default();
    tags.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == ETAG)
}

/// Whether a list of encodings holds this one, and not with `q=0`.
fn accepts(accepted: &HeaderValue, encoding: &str) -> bool {
    accepted
        .to_str()
        .unwrap_or_default()
        .split(',')
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            let refused = |part: &str| {
                part.strip_prefix("q=")
                    .and_then(|q| q.parse::<f32>().ok())
                    .is_some_and(|q| q == 0.0)
            };
            parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(encoding))
                && !parts.any(refused)
        })
}
