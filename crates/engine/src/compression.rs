//! HTTP compression of what long-polling answers (RFC 9110 8.4).

use std::io::Write;

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http::{HeaderMap, HeaderValue, Response, header};

use crate::Body;

/// Longer bodies are compressed beside the tasks that serve others.
const LONG: usize = 64 * 1024;

/// What the client of a request reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Deflate,
}

impl Encoding {
    /// The first of those that a client takes (RFC 9110 12.5.3), as far as it matters: weights are not
    /// compared, but a weight of zero refuses.
    pub(crate) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
        let takes = |name: &str| {
            accepted.split(',').any(|item| {
                let mut parts = item.split(';').map(str::trim);
                let named = parts.next().is_some_and(|it| it.eq_ignore_ascii_case(name));
                named && !parts.any(is_zero_weight)
            })
        };
        [(Self::Gzip, "gzip"), (Self::Deflate, "deflate")]
            .into_iter()
            .find_map(|(encoding, name)| takes(name).then_some(encoding))
    }

    fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        })
    }

    fn compress(self, body: &[u8]) -> Option<Vec<u8>> {
        // The fastest level: a poll waits for it.
        let level = Compression::fast();
        let room = Vec::with_capacity(body.len() / 4);
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(room, level);
                encoder.write_all(body).ok()?;
                encoder.finish().ok()
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(room, level);
                encoder.write_all(body).ok()?;
                encoder.finish().ok()
            }
        }
    }

    /// Compresses a response whose body is `threshold` bytes or more.
    pub(crate) async fn apply(self, response: Response<Body>, threshold: usize) -> Response<Body> {
        use http_body::Body as _;
        let size = response.body().size_hint().exact().unwrap_or(0);
        if size < threshold as u64 || !response.status().is_success() {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let Some(plain) = whole(body).await else {
            return Response::from_parts(parts, Body::default());
        };
        let compressed = if plain.len() < LONG {
            self.compress(&plain)
        } else {
            let plain = plain.clone();
            let job = tokio::task::spawn_blocking(move || self.compress(&plain));
            job.await.ok().flatten()
        };
        let body = match compressed {
            Some(compressed) if compressed.len() < plain.len() => {
                let headers = &mut parts.headers;
                headers.insert(header::CONTENT_ENCODING, self.name());
                headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
                Bytes::from(compressed)
            }
            _ => plain,
        };
        Response::from_parts(parts, Body::new(body))
    }
}

/// The body, which is one piece and ready.
async fn whole(body: Body) -> Option<Bytes> {
    use http_body_util::BodyExt as _;
    match body.collect().await {
        Ok(collected) => Some(collected.to_bytes()),
        Err(never) => match never {},
    }
}

fn is_zero_weight(part: &str) -> bool {
    part.strip_prefix("q=")
        .and_then(|weight| weight.parse::<f32>().ok())
        .is_some_and(|weight| weight == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_says_what_it_reads() {
        for (accepted, encoding) in [
            ("gzip", Some(Encoding::Gzip)),
            ("deflate, GZIP;q=0.5", Some(Encoding::Gzip)),
            ("br, deflate", Some(Encoding::Deflate)),
            ("gzip;q=0, deflate", Some(Encoding::Deflate)),
            ("gzip; q=0.0", None),
            ("identity, br, xgzip", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(Encoding::accepted(&headers), encoding, "{accepted}");
        }
        assert_eq!(Encoding::accepted(&HeaderMap::new()), None);
    }
}
