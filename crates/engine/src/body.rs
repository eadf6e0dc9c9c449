use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::Full;

/// The body of an answer: bytes that are there, or packets that come as long as the answer lasts.
pub struct Body(Inner);

type Streamed = Pin<Box<dyn HttpBody<Data = Bytes, Error = Infallible> + Send + Sync>>;

enum Inner {
    Whole(Full<Bytes>),
    Stream(Streamed),
}

impl Body {
    /// A body of these bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(Inner::Whole(Full::new(bytes.into())))
    }

    /// A body whose bytes are still to come.
    pub(crate) fn stream(
        body: impl HttpBody<Data = Bytes, Error = Infallible> + Send + Sync + 'static,
    ) -> Self {
        Self(Inner::Stream(Box::pin(body)))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::new(Bytes::new())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::new(bytes)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Whole(body) => f.debug_tuple("Body").field(body).finish(),
            Inner::Stream(_) => f.debug_tuple("Body").finish_non_exhaustive(),
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Inner::Whole(body) => Pin::new(body).poll_frame(cx),
            Inner::Stream(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(body) => body.is_end_stream(),
            Inner::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(body) => body.size_hint(),
            Inner::Stream(body) => body.size_hint(),
        }
    }
}
