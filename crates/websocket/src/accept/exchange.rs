//! One request and one response on a stream.

use std::io::{self, Write};

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::AcceptError;
use crate::handshake::request_head::{self, MAX_REQUEST_HEAD};

/// How much of a refused request is read and thrown away.
const MAX_DRAINED: usize = 256 * 1024;

/// Leaves in `read` what was read: behind the request, or all of it if there is none.
pub(super) async fn read_request<S>(
    stream: &mut S,
    read: &mut Vec<u8>,
) -> Result<Request<()>, AcceptError>
where
    S: AsyncRead + Unpin,
{
    loop {
        let before = read.len();
        read.reserve(1024);
        if stream.read_buf(read).await? == 0 {
            return Err(AcceptError::Closed);
        }
        // What came one byte at a time is not searched again for each of them.
        let tail = &read[before.saturating_sub(3)..];
        let complete = tail.windows(4).any(|four| four == b"\r\n\r\n");
        if !complete && before > 0 && read.len() < MAX_REQUEST_HEAD {
            continue;
        }
        if let Some(head) = request_head::parse(read)? {
            // Copied to its exact size: it may be kept for as long as the connection is quiet.
            *read = read[head.len..].to_vec();
            return Ok(head.request);
        }
    }
}

/// Writes a response, and reads until the client has seen it: what is not read by then would have
/// the system throw the response away.
pub(super) async fn refuse<S>(stream: &mut S, response: Response<String>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut head, body) = response.into_parts();
    head.headers.remove(TRANSFER_ENCODING);
    head.headers.insert(CONTENT_LENGTH, body.len().into());
    // One that is there names what could be upgraded to.
    let close = http::HeaderValue::from_static("close");
    head.headers.append(http::header::CONNECTION, close);
    write_response(stream, &Response::from_parts(head, ()), &body).await?;
    stream.shutdown().await?;
    let mut ignored = vec![0; 4096];
    let mut drained = 0;
    while drained < MAX_DRAINED {
        match stream.read(&mut ignored).await? {
            0 => break,
            length => drained += length,
        }
    }
    Ok(())
}

pub(super) async fn write_response<S>(
    stream: &mut S,
    response: &Response<()>,
    body: &str,
) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = Vec::with_capacity(256 + body.len());
    write!(bytes, "HTTP/1.1 {} {reason}\r\n", status.as_u16())?;
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    write!(bytes, "\r\n{body}")?;
    stream.write_all(&bytes).await?;
    stream.flush().await
}
