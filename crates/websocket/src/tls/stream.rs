use std::{
    fmt, io,
    io::IoSlice,
    pin::Pin,
    task::{Context, Poll},
};

use rustls::{ProtocolVersion, pki_types::CertificateDer, server::UnbufferedServerConnection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    buffers,
    records::{Records, SEALED_AT_ONCE},
    session::Session,
};

/// A server's side of a TLS connection, made by [`Acceptor::accept`](super::Acceptor::accept).
///
/// Bytes count as written once they are encrypted, so a flush must follow. A shutdown sends TLS' own
/// end (`close_notify`) and then shuts the stream below. The end of the stream below without the
/// peer's `close_notify` is [`io::ErrorKind::UnexpectedEof`], because somebody on the way can cut a
/// connection (RFC 8446 6.1).
pub struct TlsStream<S> {
    records: Records<S, UnbufferedServerConnection>,
}

impl<S> TlsStream<S> {
    pub(super) fn new(records: Records<S, UnbufferedServerConnection>) -> Self {
        Self { records }
    }

    /// The protocol above TLS that both sides chose (RFC 7301); `None` if the client offered none.
    pub fn alpn_protocol(&self) -> Option<&[u8]> {
        self.records.session().common().alpn_protocol()
    }

    /// The client's certificate and what it sent to prove it, if it was
    /// [asked](super::Builder::client_authorities) for one and sent it.
    pub fn peer_certificates(&self) -> Option<&[CertificateDer<'static>]> {
        self.records.session().common().peer_certificates()
    }

    /// TLS 1.2 or 1.3.
    pub fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.records.session().common().protocol_version()
    }

    /// The stream below. Do not read or write it while there is TLS on it.
    pub fn get_ref(&self) -> &S {
        self.records.io()
    }
}

impl<S> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream")
            .field("protocol_version", &self.protocol_version())
            .finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.records.poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.records.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = pieces.iter().filter(|piece| !piece.is_empty());
        let first = filled.next().map_or(&[][..], |piece| piece);
        if filled.next().is_none() || first.len() >= SEALED_AT_ONCE {
            return self.records.poll_write(cx, first);
        }
        // A record of its own for a frame's header would cost more than this copy.
        buffers::gathered(|together| {
            together.clear();
            for piece in pieces {
                let room = SEALED_AT_ONCE - together.len();
                together.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            self.records.poll_write(cx, together)
        })
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.records.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.records.poll_shutdown(cx)
    }
}
