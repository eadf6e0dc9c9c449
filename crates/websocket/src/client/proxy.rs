//! A tunnel through an HTTP proxy (RFC 9110 9.3.6; RFC 6455 4.1, 3).

use std::io;

use http::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::credentials::Credentials;
use super::opening::is_interim;
use super::target::{Endpoint, parse};
use super::{ConnectError, UrlError};
use crate::handshake::client::{MAX_RESPONSE_HEAD, ResponseError};
use crate::handshake::response_head;

/// A proxy, ready to be asked.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) endpoint: Endpoint,
    credentials: Option<Credentials>,
}

impl Proxy {
    pub(super) fn parse(url: &str) -> Result<Self, UrlError> {
        // Variables of the environment often leave the scheme out.
        let mut url = if url.contains("://") {
            parse(url)?
        } else {
            parse(&format!("http://{url}"))?
        };
        if url.scheme() != "http" {
            return Err(UrlError::Scheme(url.scheme().to_owned()));
        }
        let credentials = Credentials::take(&mut url);
        Ok(Self {
            endpoint: Endpoint::of(&url),
            credentials,
        })
    }

    /// Asks for a tunnel and returns once it is open. What follows the proxy's answer stays in the
    /// socket: it is the server's already.
    pub(super) async fn tunnel(
        &self,
        stream: &mut TcpStream,
        to: &Endpoint,
    ) -> Result<(), ConnectError> {
        let authority = to.authority();
        let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        if let Some(credentials) = &self.credentials {
            request.push_str("Proxy-Authorization: ");
            request.push_str(&credentials.basic()?);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .map_err(ConnectError::Io)?;
        let status = answer(stream).await?;
        // RFC 9110 9.3.6: "Any 2xx (Successful) response indicates ... tunnel mode".
        if status.is_success() {
            Ok(())
        } else {
            Err(ConnectError::ProxyRefused(status))
        }
    }
}

/// Takes the head of the answer out of the socket, and not one byte more.
async fn answer(stream: &TcpStream) -> Result<StatusCode, ConnectError> {
    let mut head = Vec::new();
    let mut interim_bytes = 0;
    let mut peeked = [0; 512];
    loop {
        let count = stream.peek(&mut peeked).await.map_err(ConnectError::Io)?;
        if count == 0 {
            return Err(ConnectError::ProxyClosedEarly);
        }
        let before = head.len();
        head.extend_from_slice(&peeked[..count]);
        let found = response_head::parse(&head).map_err(ConnectError::ProxyResponse)?;
        let taken = found.as_ref().map_or(head.len(), |head| head.len) - before;
        consume(stream, &mut peeked[..taken]).await?;
        match found {
            // RFC 9110 15.2: interim answers come before the one that counts.
            Some(interim) if is_interim(interim.status) => {
                interim_bytes += interim.len;
                if interim_bytes > MAX_RESPONSE_HEAD {
                    return Err(ConnectError::ProxyResponse(ResponseError::HeadTooLong));
                }
                head.clear();
            }
            Some(found) => return Ok(found.status),
            None => {}
        }
    }
}

/// Takes bytes that are known to be there.
async fn consume(stream: &TcpStream, mut bytes: &mut [u8]) -> Result<(), ConnectError> {
    while !bytes.is_empty() {
        match stream.try_read(bytes) {
            Ok(0) => return Err(ConnectError::ProxyClosedEarly),
            Ok(count) => bytes = &mut bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                stream.readable().await.map_err(ConnectError::Io)?;
            }
            Err(error) => return Err(ConnectError::Io(error)),
        }
    }
    Ok(())
}
