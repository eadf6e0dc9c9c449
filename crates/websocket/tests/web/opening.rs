//! "WebSocket protocol alterations": the opening handshake.

use std::sync::{Arc, Mutex};

use sockeye_websocket::Config;
use sockeye_websocket::accept::Policy;
use sockeye_websocket::client::{ConnectError, Connector};
use sockeye_websocket::deflate;
use sockeye_websocket::handshake::client::ResponseError;
use sockeye_websocket::web::{ErrorCause, Options, WebSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::log::Log;
use super::server::{self, value};

/// A server that answers every request with what `answer` makes of its head, and waits for the
/// end. Gives the URL and the heads.
async fn answering(
    answer: impl Fn(&str) -> String + Clone + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let url = server::raw(move |mut stream| {
        let (answer, seen) = (answer.clone(), Arc::clone(&seen));
        async move {
            let head = server::head(&mut stream).await;
            let response = answer(&head);
            seen.lock().expect("no panic").push(head);
            let _ = stream.write_all(response.as_bytes()).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    (url, heads)
}

async fn failure(
    protocols: &[&str],
    answer: impl Fn(&str) -> String + Clone + Send + Sync + 'static,
) -> ErrorCause {
    let (url, _) = answering(answer).await;
    let socket = WebSocket::new(&url, protocols).expect("an object");
    Log::of(&socket).failed_and_closed().await
}

fn response(cause: &ErrorCause) -> ResponseError {
    match cause {
        ErrorCause::Connect(ConnectError::Response(error)) => *error,
        other => panic!("{other:?}"),
    }
}

/// Opening handshake, steps 3 to 10: the headers; subprotocols are combined in one, in order;
/// permessage-deflate is offered.
#[tokio::test]
async fn the_request() {
    let (url, heads) =
        answering(|head| server::opening(head, "Sec-WebSocket-Protocol: b\r\n")).await;
    let socket = WebSocket::new(format!("{url}chat?room=1"), ["a", "b", "c"]).expect("an object");
    Log::of(&socket).opened().await;
    let head = heads.lock().expect("no panic")[0].clone();
    assert!(head.starts_with("GET /chat?room=1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(value(&head, "upgrade"), Some("websocket"));
    assert_eq!(value(&head, "connection"), Some("Upgrade"));
    assert_eq!(value(&head, "sec-websocket-version"), Some("13"));
    assert_eq!(value(&head, "sec-websocket-key").map(str::len), Some(24));
    assert_eq!(value(&head, "sec-websocket-protocol"), Some("a, b, c"));
    let offer = value(&head, "sec-websocket-extensions").expect("an offer");
    assert!(offer.starts_with("permessage-deflate"), "{offer}");
    assert_eq!(value(&head, "origin"), None);
    // "Feedback from the protocol", establishment, step 3
    assert_eq!(socket.protocol(), "b");
}

/// Opening handshake, step 8: without subprotocols there is no such header.
#[tokio::test]
async fn no_subprotocols() {
    let (url, heads) = answering(|head| server::opening(head, "")).await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    Log::of(&socket).opened().await;
    let head = heads.lock().expect("no panic")[0].clone();
    assert_eq!(value(&head, "sec-websocket-protocol"), None);
    assert_eq!(socket.protocol(), "");
}

/// Opening handshake, step 11.1: a network error fails the connection.
#[tokio::test]
async fn network_errors() {
    let address = server::closed_port().await;
    let socket = WebSocket::new(format!("ws://{address}/"), ()).expect("an object");
    let cause = Log::of(&socket).failed_and_closed().await;
    assert!(
        matches!(cause, ErrorCause::Connect(ConnectError::Connect { .. })),
        "{cause:?}"
    );

    let url = server::raw(|mut stream| async move {
        server::head(&mut stream).await;
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let cause = Log::of(&socket).failed_and_closed().await;
    assert!(
        matches!(cause, ErrorCause::Connect(ConnectError::ClosedEarly)),
        "{cause:?}"
    );
}

/// Opening handshake, step 11.1: so does another status than 101.
#[tokio::test]
async fn another_status() {
    for status in [200, 400, 404, 503] {
        let cause = failure(&[], move |_| {
            format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n")
        })
        .await;
        match cause {
            ErrorCause::Connect(ConnectError::Refused(response)) => {
                assert_eq!(response.status().as_u16(), status);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Opening handshake, step 2: the redirect mode is "error".
#[tokio::test]
async fn redirects() {
    let target = server::echo().await;
    for status in [301, 302, 303, 307, 308] {
        let location = target.clone();
        let cause = failure(&[], move |_| {
            format!(
                "HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
            )
        })
        .await;
        match cause {
            ErrorCause::Connect(ConnectError::Redirect { status: found, .. }) => {
                assert_eq!(found.as_u16(), status);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Opening handshake, step 11.2: subprotocols were offered, and none was chosen.
#[tokio::test]
async fn no_subprotocol_was_chosen() {
    let cause = failure(&["a", "b"], |head| server::opening(head, "")).await;
    assert!(matches!(cause, ErrorCause::NoProtocol), "{cause:?}");
    let cause = failure(&["a"], |head| {
        server::opening(head, "Sec-WebSocket-Protocol:\r\n")
    })
    .await;
    assert_eq!(response(&cause), ResponseError::Protocol);
}

/// Opening handshake, step 11.3, with RFC 6455 4.1, steps 2 to 6 of how to validate the response.
#[tokio::test]
async fn answers_that_break_a_rule() {
    let cause = failure(&["a"], |head| {
        server::opening(head, "Sec-WebSocket-Protocol: c\r\n")
    })
    .await;
    assert_eq!(response(&cause), ResponseError::Protocol);
    let cause = failure(&[], |head| {
        server::opening(head, "Sec-WebSocket-Protocol: a\r\n")
    })
    .await;
    assert_eq!(response(&cause), ResponseError::Protocol);
    let cause = failure(&[], |head| {
        server::opening(head, "Sec-WebSocket-Extensions: foo\r\n")
    })
    .await;
    assert_eq!(response(&cause), ResponseError::Extension);
    let cause = failure(&[], |head| {
        server::opening(head, "").replace("Accept: ", "Accept: x")
    })
    .await;
    assert_eq!(response(&cause), ResponseError::Accept);
    let cause = failure(&[], |head| {
        server::opening(head, "").replace("Upgrade: websocket\r\n", "")
    })
    .await;
    assert_eq!(response(&cause), ResponseError::MissingUpgrade);
    let cause = failure(&[], |head| {
        server::opening(head, "").replace("Connection: Upgrade\r\n", "")
    })
    .await;
    assert_eq!(response(&cause), ResponseError::MissingConnection);
    let cause = failure(&[], |_| "220 mail.example.com\r\n\r\n".to_owned()).await;
    assert_eq!(response(&cause), ResponseError::Malformed);
}

/// "Feedback from the protocol", establishment, step 2: `extensions` is what the server granted,
/// and messages are compressed in both directions.
#[tokio::test]
async fn permessage_deflate() {
    let config = Config::new().deflate(Some(deflate::Options::default()));
    let policy = Policy::new().config(config);
    let url = server::accepting(policy, |mut websocket| async move {
        let _ = websocket.for_each(|message, out| out.send(message)).await;
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    assert_eq!(
        socket.extensions(),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    );
    let text = "again ".repeat(10_000);
    assert_eq!(socket.send(text.as_str()), Ok(()));
    // What is sent counts as it was before it was compressed.
    assert_eq!(socket.buffered_amount(), 60_000);
    assert_eq!(log.message().await.as_text(), Some(text.as_str()));
    assert_eq!(socket.buffered_amount(), 0);
}

/// Options: what a page's origin and cookies are in a browser is said by a connector.
#[tokio::test]
async fn options() {
    let (url, heads) =
        answering(|head| server::opening(head, "Sec-WebSocket-Protocol: a\r\n")).await;
    let connector = Connector::new()
        .origin("https://example.com")
        .cookie("a", "b");
    let options = Options::new()
        .connector(connector)
        .config(Config::new().deflate(None));
    let socket = options.open(&url, "a").expect("an object");
    Log::of(&socket).opened().await;
    let head = heads.lock().expect("no panic")[0].clone();
    assert_eq!(value(&head, "origin"), Some("https://example.com"));
    assert_eq!(value(&head, "cookie"), Some("a=b"));
    assert_eq!(value(&head, "sec-websocket-extensions"), None);
    assert_eq!(
        (socket.protocol(), socket.extensions()),
        ("a".to_owned(), String::new())
    );
}
