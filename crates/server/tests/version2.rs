//! Clients of Socket.IO 2, as they are seen on the wire.

mod support;

use serde_json::{Value, json};
use sockeye::{Handshake, Namespace, Recovery, Reject, Reply, Server, Socket, Transport};
use support::{
    client::{Frame, WebSocket},
    serve,
};

/// A client's WebSocket, after the open packet.
async fn open(io: &Server) -> (WebSocket, String) {
    open_with(io, "").await
}

async fn open_with(io: &Server, query: &str) -> (WebSocket, String) {
    let address = serve(io).await;
    let query = format!("EIO=3&transport=websocket{query}");
    let mut socket = WebSocket::connect(address, &query)
        .await
        .expect("protocol 3 is allowed");
    let open = socket.text().await;
    let open: Value = serde_json::from_str(&open[1..]).expect("an open packet");
    let sid = open["sid"].as_str().expect("a session").to_owned();
    (socket, sid)
}

fn namespace() -> Namespace {
    Namespace::new()
        .on("id", async |socket: Socket| {
            Reply(socket.client_id().into_owned())
        })
        .on("rooms", async |socket: Socket| {
            let rooms = socket.rooms();
            Reply(
                rooms
                    .iter()
                    .map(|room| room.to_string())
                    .collect::<Vec<_>>(),
            )
        })
        .on("self", async |socket: Socket| {
            let room = socket.client_id().into_owned();
            socket
                .server()
                .of(socket.namespace())
                .to(room)
                .emit("you", 1);
        })
        .on("auth", async |handshake: Handshake| {
            Reply(handshake.auth::<Value>())
        })
}

// parity: 1.V3-4
#[tokio::test]
async fn a_client_is_in_the_first_namespace_from_the_beginning() {
    let io = Server::builder()
        .allow_eio3(true)
        .namespace(
            "/",
            namespace().on_connect(async |socket: Socket| socket.emit("hello", ())),
        )
        .build();
    let (mut socket, sid) = open(&io).await;
    assert_eq!(socket.text().await, "40");
    assert_eq!(socket.text().await, r#"42["hello"]"#);
    socket.send(r#"420["id"]"#).await;
    assert_eq!(socket.text().await, format!(r#"430["{sid}"]"#));
    socket.send(r#"42["self"]"#).await;
    assert_eq!(socket.text().await, r#"42["you",1]"#);
    socket.send("40").await;
    assert_eq!(socket.closed().await, Some(None), "it is there already");
    assert_eq!(io.stats().out_of_turn, 1);
}

// parity: 1.V3-4
#[tokio::test]
async fn elsewhere_the_id_names_the_namespace_and_the_query_is_the_auth() {
    let io = Server::builder()
        .allow_eio3(true)
        .namespace("/a", namespace())
        .build();
    let (mut socket, sid) = open(&io).await;
    assert_eq!(socket.text().await, "40");
    socket.send("40/a?token=x%20y&n=1&n=2,").await;
    assert_eq!(socket.text().await, "40/a,");
    let id = format!("/a#{sid}");
    socket.send(r#"42/a,0["id"]"#).await;
    assert_eq!(socket.text().await, format!(r#"43/a,0["{id}"]"#));
    socket.send(r#"42/a,1["rooms"]"#).await;
    assert_eq!(socket.text().await, format!(r#"43/a,1[["{id}"]]"#));
    socket.send(r#"42/a,["self"]"#).await;
    assert_eq!(socket.text().await, r#"42/a,["you",1]"#);
    socket.send(r#"42/a?token=x,2["auth"]"#).await;
    let auth = json!([{ "token": "x y", "n": ["1", "2"] }]);
    let answer = socket.text().await;
    let read: Value =
        serde_json::from_str(answer.strip_prefix("43/a,2").expect("an ack")).expect("JSON");
    assert_eq!(read, auth);
}

// parity: 1.V3-4
#[tokio::test]
async fn a_refusal_is_an_error_with_the_data_or_the_message() {
    let io = Server::builder()
        .allow_eio3(true)
        .namespace(
            "/",
            Namespace::new().auth(async || Err::<(), _>(Reject::new("closed"))),
        )
        .namespace(
            "/a",
            Namespace::new()
                .auth(async || Err::<(), _>(Reject::new("no").data(json!({ "code": 1 })))),
        )
        .build();
    let (mut socket, _) = open(&io).await;
    assert_eq!(socket.text().await, r#"44"closed""#);
    socket.send("40/a,").await;
    assert_eq!(socket.text().await, r#"44/a,{"code":1}"#);
    socket.send("40/b?x=1,").await;
    assert_eq!(
        socket.text().await,
        r#"44/b,{"message":"Invalid namespace"}"#
    );
    assert_eq!((io.stats().rejected, io.stats().unknown_namespace), (2, 1));
}

#[tokio::test]
async fn bytes_reach_each_client_as_it_takes_them() {
    let io = Server::builder().allow_eio3(true).build();
    let (mut old, _) = open(&io).await;
    let (mut base64, _) = open_with(&io, "&b64=1").await;
    let (mut new, _) = support::Client::join(serve(&io).await).await;
    assert_eq!(
        (old.text().await, base64.text().await),
        ("40".into(), "40".into())
    );
    let head = r#"451-["blob",{"_placeholder":true,"num":0}]"#;
    for n in 1..=2 {
        io.emit("blob", bytes::Bytes::copy_from_slice(&[n, 2, 3]));
        assert_eq!(old.text().await, head);
        assert_eq!(old.next().await, Frame::Binary(vec![4, n, 2, 3]));
        assert_eq!(base64.text().await, head);
        assert_eq!(
            base64.text().await,
            ["", "b4AQID", "b4AgID"][usize::from(n)]
        );
        assert_eq!(new.socket.text().await, head);
        assert_eq!(new.socket.next().await, Frame::Binary(vec![n, 2, 3]));
    }
}

#[tokio::test]
async fn with_recovery_such_a_client_begins_anew() {
    let io = Server::builder()
        .allow_eio3(true)
        .connection_state_recovery(Recovery::new())
        .transports([Transport::WebSocket])
        .namespace("/a", namespace())
        .build();
    let (mut socket, _) = open(&io).await;
    assert_eq!(socket.text().await, "40", "and no private id");
    socket.send("40/a?pid=aaaaaaaaaaaaaaaaaaaa&offset=k,").await;
    assert_eq!(socket.text().await, "40/a,");
    assert_eq!((io.stats().recovered, io.stats().recovery_unknown), (0, 0));
}
