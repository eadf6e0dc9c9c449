//! A server's handshake on a bare stream; which one it is does not enter any figure.

use std::io;

use bytes::BytesMut;
use sockudo_ws::handshake::{build_response, generate_accept_key, parse_request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Answers the upgrade and gives the stream back.
pub async fn upgrade(mut stream: TcpStream) -> io::Result<TcpStream> {
    let mut head = BytesMut::new();
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((request, _)) = parse_request(&head).map_err(io::Error::other)? {
            let accept = generate_accept_key(request.key);
            stream
                .write_all(&build_response(&accept, None, None))
                .await?;
            return Ok(stream);
        }
    }
}
