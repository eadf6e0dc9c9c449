use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How much one write hands to a stream of HTTP/2, which takes any length at once and counts it as
/// written: the rest waits here, where it is counted.
const MAX_HTTP2_WRITE: usize = 64 * 1024;

/// The connection behind an upgraded request.
///
/// A plain TCP connection is taken out of hyper, whose buffers are dropped: they would stay
/// allocated for as long as the connection.
#[derive(Debug)]
pub struct UpgradedStream(Inner);

#[derive(Debug)]
enum Inner {
    Tcp(TcpStream),
    /// TLS, or whatever else hyper was given.
    Other(Box<TokioIo<Upgraded>>),
    /// A stream of an HTTP/2 connection.
    Http2(Box<TokioIo<Upgraded>>),
}

impl UpgradedStream {
    /// The connection, and what was read from it behind the request.
    pub(crate) fn http1(upgraded: Upgraded) -> (Self, Vec<u8>) {
        let upgraded = match auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => return Self::tcp(parts.io, &parts.read_buf),
            Err(upgraded) => upgraded,
        };
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => Self::tcp(parts.io, &parts.read_buf),
            Err(upgraded) => {
                let io = Box::new(TokioIo::new(upgraded));
                (Self(Inner::Other(io)), Vec::new())
            }
        }
    }

    fn tcp(io: TokioIo<TcpStream>, read: &[u8]) -> (Self, Vec<u8>) {
        let stream = io.into_inner();
        // Frames are written when they are complete: waiting for more only delays them.
        let _ = stream.set_nodelay(true);
        (Self(Inner::Tcp(stream)), read.to_vec())
    }

    pub(crate) fn http2(upgraded: Upgraded) -> Self {
        Self(Inner::Http2(Box::new(TokioIo::new(upgraded))))
    }

    /// The TCP connection, if it is a plain one.
    #[must_use]
    pub fn as_tcp(&self) -> Option<&TcpStream> {
        match &self.0 {
            Inner::Tcp(stream) => Some(stream),
            Inner::Other(_) | Inner::Http2(_) => None,
        }
    }

    /// Whether this is a stream of an HTTP/2 connection.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        matches!(self.0, Inner::Http2(_))
    }
}

impl AsyncRead for UpgradedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Inner::Other(io) | Inner::Http2(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for UpgradedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Inner::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Inner::Other(io) => Pin::new(io).poll_write(cx, buf),
            Inner::Http2(io) => {
                let part = &buf[..buf.len().min(MAX_HTTP2_WRITE)];
                Pin::new(io).poll_write(cx, part)
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Inner::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Inner::Other(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            // One buffer at a time, so that the length of a write is bounded.
            Inner::Http2(io) => {
                let first = bufs.iter().find(|buf| !buf.is_empty());
                let first = first.map_or(&[][..], |buf| buf);
                let part = &first[..first.len().min(MAX_HTTP2_WRITE)];
                Pin::new(io).poll_write(cx, part)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Inner::Tcp(stream) => stream.is_write_vectored(),
            Inner::Other(io) => io.is_write_vectored(),
            Inner::Http2(_) => false,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Inner::Other(io) | Inner::Http2(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Inner::Other(io) | Inner::Http2(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
