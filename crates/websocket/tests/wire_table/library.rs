//! The library's end of a connection, on a thread of its own, and how that ended.

use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use sockeye_websocket::accept::{AcceptError, accept};
use sockeye_websocket::{
    Closed, Config, Error, Failure, Negotiated, ProtocolError, Role, WebSocket, deflate,
};

use crate::allocator;
use crate::peer::Peer;

/// What became of one connection.
#[derive(Debug)]
pub(crate) enum Ended {
    Refused(AcceptError),
    Served {
        closed: Result<Closed, Error>,
        /// What was counted meanwhile.
        counted: Vec<&'static str>,
        /// The most bytes that were held since the last message.
        peak: usize,
    },
}

impl Ended {
    /// The rule that the peer broke, which was counted once.
    #[track_caller]
    pub(crate) fn violation(self) -> ProtocolError {
        match self {
            Self::Served {
                closed: Err(Error::Failed(Failure::Protocol(error))),
                counted,
                ..
            } => {
                assert_eq!(counted, [error.name()]);
                error
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn closed(self) -> Closed {
        match self {
            Self::Served {
                closed: Ok(closed), ..
            } => closed,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn refused(self) -> AcceptError {
        match self {
            Self::Refused(error) => error,
            other => panic!("{other:?}"),
        }
    }
}

/// A connection's other end.
pub(crate) struct Library {
    pub(crate) peer: Peer,
    ended: Receiver<Ended>,
}

impl Library {
    /// How the library's end ended.
    #[track_caller]
    pub(crate) fn ended(&self) -> Ended {
        self.ended
            .recv_timeout(Duration::from_secs(20))
            .expect("the connection ends")
    }
}

/// Both ends of a connection over TCP, the far one blocking.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let far = TcpStream::connect(listener.local_addr().expect("an address")).expect("connected");
    let (near, _) = listener.accept().expect("accepted");
    near.set_nonblocking(true).expect("non-blocking");
    (near, far)
}

fn spawn<F: Future<Output = Ended>>(
    sender: Sender<Ended>,
    serve: impl FnOnce() -> F + Send + 'static,
) {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let ended = runtime.block_on(serve());
        // Nobody listens if the test has failed.
        let _ = sender.send(ended);
    });
}

/// Sends back every message.
async fn echo(mut socket: WebSocket<tokio::net::TcpStream>, config: &Config) -> Ended {
    let counted_before = config.stats();
    let mut before = allocator::mark();
    let closed = socket
        .for_each(|message, answers| {
            before = allocator::mark();
            answers.send(message)
        })
        .await;
    let counted_after = config.stats();
    let counted = counted_before
        .iter()
        .zip(counted_after.iter())
        .flat_map(|((name, before), (_, after))| (before..after).map(move |_| name))
        .collect();
    Ended::Served {
        closed,
        counted,
        peak: (allocator::peak() - before) as usize,
    }
}

/// A server that has not read the request yet.
pub(crate) fn server(config: &Config) -> Library {
    let (near, far) = connection();
    let (sender, ended) = channel();
    let config = config.clone();
    spawn(sender, move || async move {
        let near = tokio::net::TcpStream::from_std(near).expect("registered");
        match accept(near, &config).await {
            Ok((socket, _)) => echo(socket, &config).await,
            Err(error) => Ended::Refused(error),
        }
    });
    Library {
        peer: Peer::new(far),
        ended,
    }
}

/// A connection after the handshake, in which the library has this role and the two have agreed on
/// these parameters.
pub(crate) fn open(role: Role, config: &Config, params: Option<deflate::Params>) -> Library {
    let (near, far) = connection();
    let (sender, ended) = channel();
    let config = config.clone();
    spawn(sender, move || async move {
        let near = tokio::net::TcpStream::from_std(near).expect("registered");
        let negotiated = Negotiated {
            deflate: params,
            ..Negotiated::default()
        };
        let socket = WebSocket::new(near, role, negotiated, &config);
        echo(socket, &config).await
    });
    Library {
        peer: Peer::new(far),
        ended,
    }
}
