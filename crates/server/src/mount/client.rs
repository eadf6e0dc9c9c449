//! The browser client's files, compressed ahead of time.

use std::sync::OnceLock;

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
    tag: OnceLock<HeaderValue>,
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
            tag: OnceLock::new(),
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
                tag: OnceLock::new(),
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

/// Finds a file by what follows the server's path.
pub(crate) fn find(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

impl File {
    pub(crate) fn response(&self, request: &HeaderMap) -> Response<Body> {
        let builder = Response::builder()
            .header(header::CACHE_CONTROL, "public, max-age=0")
            .header(header::CONTENT_TYPE, self.content_type)
            .header(header::ETAG, self.tag().clone())
            .header(header::VARY, "accept-encoding")
            // The files are public; a module of another origin is not loaded without it.
            .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        let known = request.get(header::IF_NONE_MATCH);
        let known = known.is_some_and(|tags| self.is_current(tags));
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

    /// Changes with what the file holds, not with the version: pages take a client that was built again.
    fn tag(&self) -> &HeaderValue {
        self.tag.get_or_init(|| {
            let tag = format!("\"{:016x}\"", fingerprint(self.plain));
            HeaderValue::try_from(tag).expect("hexadecimal digits are a value")
        })
    }

    fn is_current(&self, tags: &HeaderValue) -> bool {
        let tags = tags.to_str().unwrap_or_default();
        tags.split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || self.tag() == tag.strip_prefix("W/").unwrap_or(tag))
    }
}

/// FNV-1a: the same wherever the same file is served.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
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
    fn a_tag_belongs_to_what_a_file_holds() {
        assert_eq!(
            fingerprint(b"a"),
            0xaf63_dc4c_8601_ec8c,
            "FNV-1a's own example"
        );
        let tag = |name| find(name).expect("the file is built in").tag();
        assert_ne!(tag("socket.io.js"), tag("socket.io.min.js"));
        let asked = |tags: &str| {
            let mut request = HeaderMap::new();
            request.insert(header::IF_NONE_MATCH, tags.parse().expect("a value"));
            let file = find("socket.io.js").expect("the file is built in");
            file.response(&request).status()
        };
        let own = tag("socket.io.js").to_str().expect("digits");
        let other = tag("socket.io.min.js").to_str().expect("digits");
        for current in [own, &format!("W/{own}"), &format!("{other}, {own}"), "*"] {
            assert_eq!(asked(current), StatusCode::NOT_MODIFIED, "{current}");
        }
        for stale in [other, concat!("\"", env!("CARGO_PKG_VERSION"), "\"")] {
            assert_eq!(asked(stale), StatusCode::OK, "{stale}");
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
