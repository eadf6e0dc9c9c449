//! The `sockeye` binary: a Socket.IO server with demos, on one address.

mod memory;
mod options;
mod pages;
mod signals;
mod tls;

use std::{env, io, process::ExitCode};

use clap::Parser;
use sockeye::Server;
use tokio::net::TcpListener;

use crate::options::Options;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_env_filter(&options.log)
        .with_writer(io::stderr)
        .init();
    match run(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&mut io::stderr(), &format!("sockeye: {message}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), String> {
    let end = signals::End::new();
    let tls = options.tls.prepare(&options.listen)?;
    let listener = TcpListener::bind(&options.listen)
        .await
        .map_err(|error| options.explain(env::args(), &error))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let io = sockeye_demo_chat::namespaces(Server::builder()).build();
    let app = pages::index().merge(sockeye_demo_chat::pages());
    let scheme = if tls.is_some() { "https" } else { "http" };
    let mut server = io.serve(listener);
    let mut lines = format!("Sockeye listens on {scheme}://{address}/ (Ctrl-C ends it)");
    if let Some(tls) = tls {
        server = server.tls(tls.acceptor);
        if let Some(fingerprint) = tls.fingerprint {
            lines.push_str("\nIts certificate is made for this run, SHA-256 ");
            lines.push_str(&fingerprint);
        }
    }
    say(&mut io::stdout(), &lines);
    let server = server.fallback(app).with_graceful_shutdown(end.wait());
    tokio::select! {
        served = server => served.map_err(|error| error.to_string()),
        () = memory::watch(io) => Ok(()),
    }
}

fn say(to: &mut impl io::Write, line: &str) {
    // A closed pipe is no reason to stop serving.
    let _ = writeln!(to, "{line}").and_then(|()| to.flush());
}
