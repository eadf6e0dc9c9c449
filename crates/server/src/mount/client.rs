//! The browser client's files, compressed ahead of time.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use sockeye_engine::Body;

/// One file below the server's path.
pub(crate) struct File {
    name: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    /// By encoding; empty for what is compressed already.
    encoded: &'static [(&'static str, &'static [u8])],
}

macro_rules! file {
    ($name:expr, $content_type:literal) => {
        File {
            name: $name,
            content_type: $content_type,
            plain: include_bytes!(concat!("../../client/", $name)),
            encoded: &[
                ("br", include_bytes!(concat!("../../client/", $name, ".br"))),
                (
                    "gzip",
                    include_bytes!(concat!("../../client/", $name, ".gz")),
                ),
            ],
        }
    };
}

macro_rules! scripts_with_maps {
    ($($name:literal)*) => {
        [
            $(file!($name, "application/javascript; charset=utf-8"),)*
            $(file!(concat!($name, ".map"), "application/json; charset=utf-8"),)*
            // The npm package: an application can install the client that matches its server from that server.
            File {
                name: "sockeye-client.tgz",
                content_type: "application/gzip",
                plain: include_bytes!("../../client/sockeye-client.tgz"),
                encoded: &[],
            },
        ]
    };
}

static FILES: [File; 9] = scripts_with_maps!(
    "socket.io.js"
    "socket.io.min.js"
    "socket.io.esm.min.js"
    "socket.io.msgpack.min.js"
);

const ETAG: &str = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");

/// Finds a file by what follows the server's path.
pub(crate) fn find(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

impl File {
    pub(crate) fn response(&self, request: &HeaderMap) -> Response<Body> {
        let builder = Response::builder()
            .header(header::CACHE_CONTROL, "public, max-age=0")
            .header(header::CONTENT_TYPE, self.content_type)
            .header(header::ETAG, ETAG)
            .header(header::VARY, "accept-encoding")
            // The files are public; a module of another origin is not loaded without it.
            .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        let known = request.get(header::IF_NONE_MATCH).is_some_and(is_current);
        let encoded = request.get(header::ACCEPT_ENCODING).and_then(|accepted| {
            let mut offered = self.encoded.iter();
            offered.find(|(encoding, _)| accepts(accepted, encoding))
        });
        let (status, encoding, body) = match encoded {
            _ if known => (StatusCode::NOT_MODIFIED, None, &[][..]),
            Some((encoding, body)) => (StatusCode::OK, Some(*encoding), *body),
            None => (StatusCode::OK, None, self.plain),
        };
        let builder = match encoding {
            Some(encoding) => builder.header(header::CONTENT_ENCODING, encoding),
            None => builder,
        };
        builder
            .status(status)
            .body(Body::from(Bytes::from_static(body)))
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

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn answer(name: &str, accepted: &'static str) -> (Response<Body>, Bytes) {
        let mut request = HeaderMap::new();
        request.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        let file = find(name).expect("the file is built in");
        let collected = ready(file.response(&request).into_body().collect());
        (file.response(&request), collected)
    }

    fn ready(
        body: impl Future<Output = Result<http_body_util::Collected<Bytes>, std::convert::Infallible>>,
    ) -> Bytes {
        let mut body = std::pin::pin!(body);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match body.as_mut().poll(&mut context) {
            std::task::Poll::Ready(Ok(collected)) => collected.to_bytes(),
            _ => unreachable!("a full body is ready"),
        }
    }

    // parity: 10.1
    #[test]
    fn each_script_has_its_map_and_both_encodings() {
        for name in [
            "socket.io.js",
            "socket.io.min.js",
            "socket.io.esm.min.js",
            "socket.io.msgpack.min.js",
        ] {
            for file in [name.to_owned(), format!("{name}.map")] {
                let (_, plain) = answer(&file, "identity");
                for (accepted, encoding) in [("br, gzip", "br"), ("gzip", "gzip")] {
                    let (response, body) = answer(&file, accepted);
                    assert_eq!(response.headers()[header::CONTENT_ENCODING], encoding);
                    assert!(body.len() * 2 < plain.len(), "{file} as {encoding}");
                }
            }
        }
    }

    #[test]
    fn the_package_is_an_archive_and_not_encoded_again() {
        let (response, body) = answer("sockeye-client.tgz", "br, gzip");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/gzip");
        assert_eq!(response.headers().get(header::CONTENT_ENCODING), None);
        // RFC 1952 2.3.1: what gzip begins with.
        assert_eq!(body[..2], [0x1f, 0x8b]);
    }
}
