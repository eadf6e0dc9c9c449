//! Answers every message with itself.
//!
//! `cargo run --release -p sockeye-websocket --example echo -- --listen 127.0.0.1:9001 [--deflate]
//! [--threads N] [--tls-self-signed]`

mod certificate;

use std::error::Error;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use clap::Parser;
use sockeye_websocket::accept::{Acceptor, Policy};
use sockeye_websocket::{Config, Limits, deflate, tls};
use tokio::io::{AsyncRead, AsyncWrite};

/// Answers every WebSocket message with itself.
#[derive(Debug, Parser)]
struct Options {
    /// Where to listen; port 0 lets the system pick one
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: SocketAddr,
    /// Compress messages, where the client agrees
    #[arg(long)]
    deflate: bool,
    /// Keep the compression context of each connection from message to message
    #[arg(long, requires = "deflate")]
    takeover: bool,
    /// How many threads serve
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Serve wss with a certificate made for this run
    #[arg(long)]
    tls_self_signed: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let takeover = options.takeover;
    let deflate = options.deflate.then(|| {
        deflate::Options::default()
            .server_no_context_takeover(!takeover)
            .client_no_context_takeover(!takeover)
    });
    let config = Config::new()
        // What the Autobahn testsuite sends at most.
        .limits(Limits::default().max_message(16 << 20))
        .marks(4 << 20, 16 << 20)
        .deflate(deflate);
    let acceptor = Acceptor::new(Policy::new().config(config));
    let tls = match options.tls_self_signed {
        true => Some(certificate::self_signed(options.listen)?),
        false => None,
    };

    let listener = TcpListener::bind(options.listen)?;
    listener.set_nonblocking(true)?;
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "listening on {scheme}://{address}")?;

    // Every thread has a runtime and connections of its own; whoever is free accepts.
    let threads: Vec<_> = (0..options.threads)
        .map(|_| {
            let listener = listener.try_clone()?;
            let (acceptor, tls) = (acceptor.clone(), tls.clone());
            Ok(thread::spawn(move || serve(listener, acceptor, tls)))
        })
        .collect::<io::Result<_>>()?;
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn serve(
    listener: TcpListener,
    acceptor: Acceptor,
    tls: Option<tls::Acceptor>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let acceptor = acceptor.clone();
        match tls.clone() {
            None => drop(tokio::spawn(echo(acceptor, stream))),
            Some(tls) => drop(tokio::spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    echo(acceptor, stream).await;
                }
            })),
        }
    }
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(acceptor: Acceptor, stream: S) {
    // What goes wrong with one connection concerns no other.
    let Ok((mut websocket, request)) = acceptor.accept(stream).await else {
        return;
    };
    // Its headers are more than all else that an idle connection owns.
    drop(request);
    let _ = websocket
        .for_each(|message, answers| answers.send(message))
        .await;
}
