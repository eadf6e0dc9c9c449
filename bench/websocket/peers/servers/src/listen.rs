//! The contract of the bench's servers: one thread, the address on stdout, a task a connection.

use std::fs;
use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// Whether the flag `name` was given.
pub fn flag(name: &str) -> bool {
    std::env::args().any(|arg| arg == name)
}

/// The value behind `name`.
pub fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|arg| arg != name).nth(1)
}

/// Accepts for ever on `--listen`, by default on a port that the system picks.
pub fn serve<F>(connection: impl Fn(TcpStream) -> F) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let address = option("--listen").unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(connection(stream));
        }
    })
}

/// What accepts TLS with the DER files of `--tls-cert` and `--tls-key`, if they are given.
pub fn acceptor() -> io::Result<Option<TlsAcceptor>> {
    let (Some(cert), Some(key)) = (option("--tls-cert"), option("--tls-key")) else {
        return Ok(None);
    };
    let chain = vec![CertificateDer::from(fs::read(cert)?)];
    let key = PrivatePkcs8KeyDer::from(fs::read(key)?).into();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(io::Error::other)?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
