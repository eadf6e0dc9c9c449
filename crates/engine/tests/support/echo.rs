//! An engine on a socket of its own, with an application that echoes and tells the test what it saw.

use std::{
    convert::Infallible,
    net::SocketAddr,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use sockeye_engine::{
    Application, CloseReason, Config, Connection, Engine, Flags, HEADROOM, Handshake, Sent,
    append_binary_frame, text_frame,
};
use tokio::{net::TcpListener, sync::mpsc};

use super::client::within;

pub(crate) type EchoConnection = Arc<Connection<Echo>>;

/// What the application was told.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    Opened(EchoConnection),
    Text(String),
    Binary(Vec<u8>),
    Timeout,
    Closed(CloseReason),
}

impl Told {
    /// A text message in short.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            other => panic!("{other:?} instead of a text message"),
        }
    }
}

/// Echoes each message while it is switched on.
pub(crate) struct Echo {
    told: mpsc::UnboundedSender<Told>,
    pub(crate) on: AtomicBool,
}

impl Echo {
    fn tell(&self, told: Told) {
        // A test that has seen enough does not listen any more.
        let _ = self.told.send(told);
    }
}

impl Application for Echo {
    type Client = ();
    type Reader = ();

    fn open(&self, _: &Handshake) -> ((), ()) {
        ((), ())
    }

    fn opened(&self, connection: &EchoConnection) {
        self.tell(Told::Opened(Arc::clone(connection)));
    }

    fn text(
        &self,
        connection: &EchoConnection,
        (): &mut (),
        text: &str,
    ) -> ControlFlow<CloseReason> {
        self.tell(Told::Text(text.to_owned()));
        if self.on.load(Ordering::Relaxed) {
            send(connection, text);
        }
        ControlFlow::Continue(())
    }

    fn binary(
        &self,
        connection: &EchoConnection,
        (): &mut (),
        data: &[u8],
    ) -> ControlFlow<CloseReason> {
        self.tell(Told::Binary(data.to_vec()));
        if self.on.load(Ordering::Relaxed) {
            let mut frame = Vec::new();
            append_binary_frame(&mut frame, data);
            connection.send(&frame, 1, Flags::NONE);
        }
        ControlFlow::Continue(())
    }

    fn timeout(&self, _: &EchoConnection) {
        self.tell(Told::Timeout);
    }

    fn slow(&self, _: &EchoConnection, _: Duration) {}

    fn closed(&self, _: &EchoConnection, (): (), reason: CloseReason) {
        self.tell(Told::Closed(reason));
    }
}

/// Sends a message to one client.
pub(crate) fn send(connection: &EchoConnection, text: &str) -> Sent {
    push(connection, text, false)
}

/// Sends a message that may be dropped.
pub(crate) fn send_volatile(connection: &EchoConnection, text: &str) -> Sent {
    push(connection, text, true)
}

fn push(connection: &EchoConnection, text: &str, volatile: bool) -> Sent {
    let mut buffer = vec![0; HEADROOM];
    buffer.extend_from_slice(text.as_bytes());
    connection.send(
        text_frame(&mut buffer, HEADROOM),
        1,
        Flags::NONE.volatile(volatile),
    )
}

/// A running engine.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) engine: Arc<Engine<Echo>>,
    told: mpsc::UnboundedReceiver<Told>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        let (sender, told) = mpsc::unbounded_channel();
        let engine = Engine::new(
            config,
            Echo {
                told: sender,
                on: AtomicBool::new(true),
            },
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let serving = Arc::clone(&engine);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let engine = Arc::clone(&serving);
                let service = service_fn(move |request| {
                    let engine = Arc::clone(&engine);
                    async move { Ok::<_, Infallible>(engine.handle(request).await) }
                });
                let connection = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .with_upgrades();
                tokio::spawn(connection);
            }
        });
        Self {
            address,
            engine,
            told,
        }
    }

    /// Switches the echo off: the application only listens.
    pub(crate) fn mute(&self) {
        self.engine.application().on.store(false, Ordering::Relaxed);
    }

    /// The next thing that the application was told.
    pub(crate) async fn told(&mut self) -> Told {
        let told = within("the application", self.told.recv()).await;
        told.expect("the application lives as long as the engine")
    }

    /// What the application was told already.
    pub(crate) fn told_now(&mut self) -> Vec<Told> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }

    /// The session that begins now.
    pub(crate) async fn opened(&mut self) -> EchoConnection {
        match self.told().await {
            Told::Opened(connection) => connection,
            other => panic!("{other:?} instead of a new session"),
        }
    }

    /// The next reason for which a session ended; messages before it are passed over.
    pub(crate) async fn closed(&mut self) -> CloseReason {
        loop {
            if let Told::Closed(reason) = self.told().await {
                return reason;
            }
        }
    }
}
