//! A server that is attacked, and somebody who must not notice.

use sockeye::{Args, DisconnectReason, Namespace, Reply, Server, ServerBuilder, Stats};
use tokio::sync::mpsc;

use super::{
    Client,
    client::{Frame, within},
    serve, with_sync,
};

/// A server with a bystander who must not notice anything.
pub(crate) struct Scene {
    pub(crate) io: Server,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) bystander: Client,
    reasons: mpsc::UnboundedReceiver<DisconnectReason>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Server::builder()).await
    }

    pub(crate) async fn with(builder: ServerBuilder) -> Self {
        let (sender, reasons) = mpsc::unbounded_channel();
        let namespace = Namespace::new()
            .on("echo", async |Args(all): Args<Vec<serde_json::Value>>| {
                Reply(Args(all))
            })
            .on("bytes", async |data: bytes::Bytes| Reply(data.len()))
            .on_disconnect(async move |reason: DisconnectReason| {
                // A test that has failed does not listen any more.
                let _ = sender.send(reason);
            });
        let io = builder.namespace("/", with_sync(namespace)).build();
        let address = serve(&io).await;
        let (bystander, _) = Client::join(address).await;
        Self {
            io,
            address,
            bystander,
            reasons,
        }
    }

    pub(crate) async fn victim(&self) -> Client {
        Client::join(self.address).await.0
    }

    pub(crate) async fn reason(&mut self) -> &'static str {
        let reason = within("a reason", self.reasons.recv()).await;
        reason.expect("the namespace lives").as_str()
    }

    /// Asserts that these packets end a connection as malformed.
    pub(crate) async fn assert_malformed(&mut self, texts: &[&str], binaries: &[&[u8]]) {
        let before = self.io.stats();
        let mut client = self.victim().await;
        for text in texts {
            client.send(text).await;
        }
        for binary in binaries {
            client.send_binary(binary).await;
        }
        // Whatever was taken would be answered in its turn by this, and that is not the end.
        client.send(r#"2999["sync"]"#).await;
        assert_eq!(client.socket.next().await, Frame::Close(None), "{texts:?}");
        assert_eq!(self.reason().await, "forced close", "{texts:?}");
        let stats = self.io.stats();
        assert_eq!(stats.malformed, before.malformed + 1, "{texts:?}");
        assert_eq!(
            stats.engine.closed.forced_close,
            before.engine.closed.forced_close + 1
        );
        self.assert_unharmed().await;
    }

    /// The bystander is there as before, and alone.
    pub(crate) async fn assert_unharmed(&mut self) {
        self.bystander.assert_quiet().await;
        let Stats {
            handler_panics,
            sockets,
            ..
        } = self.io.stats();
        assert_eq!((handler_panics, sockets), (0, 1));
    }
}
