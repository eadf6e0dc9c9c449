//! A WebSocket on it.

use bytes::Bytes;
use sockeye_websocket::{Config, Limits, Message, Negotiated, Role, WebSocket};
use tokio::io::{AsyncRead, AsyncWrite, duplex};

use crate::identity::{Identity, meet_over};

const LONG: usize = 3_000_000;

/// Sends its messages, receives the other side's, and returns its close code.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: S, role: Role) -> u16 {
    let config = Config::default().limits(Limits::default().max_message(LONG));
    let (mut writer, mut reader) =
        WebSocket::new(stream, role, Negotiated::default(), &config).split();
    let send = async {
        for n in 0..200 {
            writer.send(format!("message {n}")).await.expect("room");
        }
        writer.send(Bytes::from(vec![7; LONG])).await.expect("room");
        if role == Role::Client {
            writer.close(1000, "enough").await.expect("room");
        }
    };
    let receive = async {
        for n in 0..200 {
            let message = reader.recv().await.expect("it is open").expect("valid");
            assert_eq!(message.as_text(), Some(&*format!("message {n}")));
        }
        let Some(Ok(Message::Binary(bytes))) = reader.recv().await else {
            panic!("the long message comes next");
        };
        assert!(bytes.len() == LONG && bytes.iter().all(|byte| *byte == 7));
        assert!(reader.recv().await.is_none(), "a clean end");
        reader.closed().expect("it is closed").code
    };
    tokio::join!(send, receive).1
}

#[tokio::test]
async fn messages_go_both_ways_and_the_end_is_clean() {
    let identity = Identity::new();
    let (near, far) = duplex(100_000);
    let (server, client) = meet_over(&identity.acceptor(), near, identity.client(None), far).await;
    let codes = tokio::join!(
        talk(server.expect("welcome"), Role::Server),
        talk(client.expect("trusted"), Role::Client),
    );
    assert_eq!(codes, (1000, 1000));
}
