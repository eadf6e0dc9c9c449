//! What a request for a WebSocket carries: hyper's upgrade, or one that a framework supplies.

use std::{
    any::Any,
    error::Error,
    fmt,
    future::{Future, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::upgrade::OnUpgrade;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::stream::Stream;
use crate::Lasting;

type Supplied = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

/// The byte stream that a request for a WebSocket turns into, supplied by whoever serves HTTP.
///
/// hyper, and all that leaves hyper's `OnUpgrade` among a request's extensions (axum, salvo, warp, tonic),
/// needs none: it is taken from there as it is. Another framework's adapter puts an `Upgrade` into the
/// extensions of the request before the engine sees it. Its clones are one upgrade, which is used once.
///
/// The stream carries what follows the answer `101 Switching Protocols`, from the first byte on; the adapter
/// has to send that answer, with its headers. A `TcpStream` is used as if hyper had handed it over: other
/// tasks write to it without a detour. Any other stream is written by its connection's task alone, which
/// has to be woken for it.
///
/// ```
/// use sockeye_engine::Upgrade;
/// use tokio::io::AsyncWriteExt as _;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (mut framework, stream) = tokio::io::duplex(4096);
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(Upgrade::from_stream(stream));
/// # framework.shutdown().await.expect("nothing is buffered");
/// # }
/// ```
#[derive(Clone)]
pub struct Upgrade(Arc<Mutex<Option<Supplied>>>);

impl Upgrade {
    /// An upgrade that ends with the stream once the framework has answered, or with an error if the
    /// connection ended first.
    ///
    /// The future is polled on a task of the engine's. No session begins before it ends, so it should not
    /// outlive the framework's connection.
    #[must_use]
    pub fn from_future<F, S>(future: F) -> Self
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let stream = async { Ok(Stream::from_io(future.await?)) };
        Self(Arc::new(Mutex::new(Some(Box::pin(stream)))))
    }

    /// An upgrade whose stream is there already: what is written to it waits for the framework's answer.
    #[must_use]
    pub fn from_stream<S>(stream: S) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self::from_future(ready(Ok(stream)))
    }

    fn take(&self) -> Option<Supplied> {
        // Nothing is done under the lock that could panic halfway.
        let mut supplied = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        supplied.take()
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").finish_non_exhaustive()
    }
}

/// The upgrade of one request, taken out of it.
pub(crate) struct Pending {
    from: From,
    pub(crate) lasting: Option<Lasting>,
}

enum From {
    Hyper(OnUpgrade),
    Supplied(Supplied),
}

impl Pending {
    /// A framework's own comes first: below an adapter hyper's may still be among the extensions, and be
    /// spent.
    pub(crate) fn take(extensions: &mut http::Extensions) -> Option<Self> {
        let from = match extensions.remove::<Upgrade>() {
            Some(upgrade) => From::Supplied(upgrade.take()?),
            None => From::Hyper(extensions.remove::<OnUpgrade>()?),
        };
        let lasting = extensions.remove::<Lasting>();
        Some(Self { from, lasting })
    }

    /// The stream, and what was read from it beyond the request.
    pub(crate) async fn stream(self) -> Result<(Stream, Vec<u8>), Box<dyn Error + Send + Sync>> {
        match self.from {
            From::Hyper(upgrade) => Ok(Stream::from_upgraded(upgrade.await?)),
            From::Supplied(upgrade) => Ok((upgrade.await?, Vec::new())),
        }
    }
}

impl Stream {
    /// A stream of whatever type; TCP is recognised.
    fn from_io<S>(stream: S) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut stream = Some(stream);
        match (&mut stream as &mut dyn Any).downcast_mut::<Option<TcpStream>>() {
            Some(tcp) => Self::from_tcp(tcp.take().expect("it was just put there")),
            None => Self::Boxed(Box::new(stream.take().expect("it was just put there"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::duplex, net::TcpListener};

    use super::*;

    #[tokio::test]
    async fn tcp_is_recognised() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let tcp = TcpStream::connect(address).await.expect("it listens");
        let (_, pipe) = duplex(1);
        let upgrades = [Upgrade::from_stream(tcp), Upgrade::from_stream(pipe)];
        let mut direct = Vec::new();
        for upgrade in upgrades {
            let mut extensions = http::Extensions::new();
            extensions.insert(upgrade);
            let pending = Pending::take(&mut extensions).expect("it was put there");
            let (stream, read) = pending.stream().await.expect("it is there");
            assert_eq!(read, b"");
            direct.push(matches!(stream, Stream::Tcp(_)));
        }
        assert_eq!(direct, [true, false]);
    }
}
