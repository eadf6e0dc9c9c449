//! The way to a server: addresses, proxy, TLS.

use tokio::net::TcpStream;

use super::proxy::Proxy;
use super::target::Endpoint;
use super::{ClientStream, ConnectError};

/// A TCP connection to the server or to its proxy.
pub(super) struct Dialled {
    pub(super) tcp: TcpStream,
    pub(super) server: Endpoint,
    pub(super) proxy: Option<Proxy>,
    #[cfg(feature = "rustls")]
    pub(super) tls: Option<super::ClientTls>,
}

impl Dialled {
    /// Goes the rest of the way.
    pub(super) async fn stream(self) -> Result<ClientStream, ConnectError> {
        let mut tcp = self.tcp;
        if let Some(proxy) = &self.proxy {
            proxy.tunnel(&mut tcp, &self.server).await?;
        }
        #[cfg(feature = "rustls")]
        if let Some(tls) = &self.tls {
            let tls = tls.connect(tcp, &self.server.host).await?;
            return Ok(ClientStream::Tls(Box::new(tls)));
        }
        Ok(ClientStream::Tcp(tcp))
    }
}
