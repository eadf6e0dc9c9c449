//! The opening handshake over a stream, whatever it is.

use bytes::Bytes;
use http::{Response, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::ConnectError;
use crate::Negotiated;
use crate::handshake::client::{MAX_RESPONSE_HEAD, Request, ResponseError};
use crate::handshake::response_head;

/// Room for a usual answer in one read.
const READ: usize = 2048;

/// What the server answered.
pub(super) enum Answer {
    /// The stream is a WebSocket now.
    Opened {
        negotiated: Negotiated,
        response: Response<()>,
    },
    /// Another status than 101, and what of the body came with the head.
    Refused(Box<Response<Bytes>>),
}

/// Writes the request and reads the answer.
pub(super) async fn open<S>(stream: &mut S, request: &Request) -> Result<Answer, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream
        .write_all(&request.to_bytes())
        .await
        .map_err(ConnectError::from_io)?;
    stream.flush().await.map_err(ConnectError::from_io)?;

    let mut read = Vec::new();
    let mut interim_bytes = 0;
    // Where the end of the head may begin: each byte is looked at once, however small the pieces
    // are in which it comes.
    let mut searched = 0;
    loop {
        // Only as much as has been received, and a head has a limit.
        read.reserve(READ);
        if stream
            .read_buf(&mut read)
            .await
            .map_err(ConnectError::from_io)?
            == 0
        {
            return Err(ConnectError::ClosedEarly);
        }
        loop {
            let complete = read[searched..].windows(4).any(|four| four == b"\r\n\r\n");
            // The parser also tells from the first bytes what is not HTTP.
            if !complete && searched > 0 && read.len() < MAX_RESPONSE_HEAD {
                searched = read.len() - 3;
                break;
            }
            match request.check(&read) {
                Ok(None) => {
                    searched = read.len().saturating_sub(3);
                    break;
                }
                Ok(Some(response)) => {
                    let early = read.split_off(response.head_len);
                    let negotiated = Negotiated {
                        protocol: response.protocol,
                        deflate: response.deflate,
                        early,
                    };
                    let mut answer = Response::new(());
                    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                    *answer.headers_mut() = response.headers;
                    return Ok(Answer::Opened {
                        negotiated,
                        response: answer,
                    });
                }
                Err(ResponseError::Status(_)) => {}
                Err(error) => return Err(ConnectError::Response(error)),
            }
            let head = response_head::parse(&read).map_err(ConnectError::Response)?;
            let Some(head) = head else { break };
            if !is_interim(head.status) {
                let body = read.split_off(head.len);
                let mut answer = Response::new(Bytes::from(body));
                *answer.status_mut() = head.status;
                *answer.version_mut() = head.version;
                *answer.headers_mut() = head.headers;
                return Ok(Answer::Refused(Box::new(answer)));
            }
            interim_bytes += head.len;
            if interim_bytes > MAX_RESPONSE_HEAD {
                return Err(ConnectError::Response(ResponseError::HeadTooLong));
            }
            drop(read.drain(..head.len));
            searched = 0;
            if read.is_empty() {
                break;
            }
        }
    }
}

/// Whether another answer follows (RFC 9110 15.2). 101 is the last one in HTTP.
pub(super) fn is_interim(status: StatusCode) -> bool {
    status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
}
