//! A proxy: what a client sends goes to another server, and back, message by message. Nothing is
//! read on one side while the other takes nothing, so a slow reader slows its sender down, through
//! both connections, and the proxy holds a few messages only. When one direction fails, or a side
//! takes nothing for too long, both connections are closed.
//!
//! `cargo run --release -p sockeye-websocket --features client --example proxy -- 127.0.0.1:9004 ws://127.0.0.1:9001`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::error::Error;
use std::time::Duration;

use sockeye_websocket::accept::{Acceptor, Policy};
use sockeye_websocket::client::Connector;
use sockeye_websocket::{Config, Limits, Reader, Writer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

type Failed = Box<dyn Error + Send + Sync>;

/// How long a side may take nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the goodbye may take after that.
const LINGER: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("usage: proxy ADDRESS URL".into());
    };
    let listener = TcpListener::bind(listen).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let target = target.clone();
        tokio::spawn(async move {
            if let Err(error) = relay(stream, &target, PATIENCE).await {
                eprintln!("{error}");
            }
        });
    }
}

/// Takes one client, and connects to the server for it.
pub(crate) async fn relay(
    stream: TcpStream,
    target: &str,
    patience: Duration,
) -> Result<(), Failed> {
    stream.set_nodelay(true)?;
    // Messages pass whole; one is held a side, and what waits to be written.
    let config = Config::new()
        .limits(Limits::default().max_message(16 << 20))
        .marks(64 * 1024, 256 * 1024);
    let policy = Policy::new().config(config.clone());
    let (client, _) = Acceptor::new(policy).accept(stream).await?;
    let connector = Connector::new().config(config);
    let server = match connector.connect(target).await {
        Ok(connected) => connected.websocket,
        Err(error) => {
            let mut client = client;
            // IANA's registry has 1014 for gateways.
            client.close(1014, "no connection to the server").await?;
            return Err(error.into());
        }
    };
    let (mut client_writer, mut client_reader) = client.split();
    let (mut server_writer, mut server_reader) = server.split();
    let relayed = tokio::try_join!(
        copy(&mut client_reader, &mut server_writer, patience),
        copy(&mut server_reader, &mut client_writer, patience),
    );
    if let Err(error) = relayed {
        let goodbye = async {
            let reason = "the other side failed";
            tokio::join!(
                client_writer.close(1011, reason),
                server_writer.close(1011, reason)
            )
        };
        // One of them may take nothing, not even this.
        let _ = timeout(LINGER, goodbye).await;
        return Err(error);
    }
    Ok(())
}

/// Passes messages on until one side closes, and then closes the other side in the same way.
async fn copy<R, W>(
    from: &mut Reader<R>,
    to: &mut Writer<W>,
    patience: Duration,
) -> Result<(), Failed>
where
    R: AsyncRead + AsyncWrite + Unpin,
    W: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(message) = from.recv().await {
        // Waits while the other side takes nothing; meanwhile nothing is read here.
        timeout(patience, to.send(message?)).await??;
    }
    // The answer to a close frame of its own changes nothing on the other side.
    let closed = from.closed().unwrap_or_default();
    to.close(closed.code, &closed.reason).await?;
    Ok(())
}
