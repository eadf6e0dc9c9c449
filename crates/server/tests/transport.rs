//! What handlers know of the transport, and when they hear of another one.

mod support;

use sockeye::{Namespace, Reject, Reply, Server, Socket, Transport};
use support::{
    Client,
    client::{Frame, Polling, within},
    serve,
};
use tokio::sync::mpsc;

// parity: 5.11-transport 5.11-upgrade
#[tokio::test]
async fn each_socket_of_a_client_hears_of_the_upgrade() {
    let (sender, mut upgraded) = mpsc::unbounded_channel();
    let namespace = || {
        let sender = sender.clone();
        Namespace::new()
            .on("transport", async |socket: Socket| {
                Reply(format!("{:?}", socket.transport()))
            })
            .on_upgrade(async move |socket: Socket| {
                let heard = (socket.namespace().to_owned(), socket.transport());
                sender.send(heard).expect("the test waits");
            })
    };
    let undecided = namespace().auth(async || std::future::pending::<Result<(), Reject>>().await);
    let io = Server::builder()
        .namespace("/", namespace())
        .namespace("/two", namespace())
        .namespace("/undecided", undecided)
        .namespace("/deaf", Namespace::new())
        .build();
    let address = serve(&io).await;
    let polling = Polling::open(address).await;
    polling
        .send("40\x1e40/two,\x1e40/undecided,\x1e40/deaf,")
        .await;
    polling.packets(3).await;
    polling.send(r#"420["transport"]"#).await;
    assert_eq!(polling.packets(1).await, [r#"430["Polling"]"#]);
    assert!(upgraded.try_recv().is_err(), "nothing has changed");

    let mut socket = polling.upgrade().await;
    let mut heard = Vec::new();
    for _ in 0..2 {
        heard.push(
            within("an upgrade", upgraded.recv())
                .await
                .expect("it lives"),
        );
    }
    heard.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = ["/", "/two"].map(|name| (name.to_owned(), Transport::WebSocket));
    assert_eq!(heard, expected);
    socket.send(r#"421["transport"]"#).await;
    assert_eq!(
        socket.next().await,
        Frame::Text(r#"431["WebSocket"]"#.to_owned())
    );
    assert!(upgraded.try_recv().is_err(), "that is all");

    // Who begins with WebSocket changes to nothing.
    let (mut client, _) = Client::join(address).await;
    assert_eq!(client.ask(r#"20["transport"]"#).await, r#"30["WebSocket"]"#);
    assert!(upgraded.try_recv().is_err());
}
