//! Runs every case of an Autobahn fuzzing server against this crate's client.
//!
//! `cargo run --release -p sockeye-websocket --example autobahn_client -- ws://127.0.0.1:9001
//! [--deflate] [--takeover] [--agent NAME]`

use std::error::Error;
use std::io::{self, Write};

use clap::Parser;
use sockeye_websocket::client::{ConnectError, Connector};
use sockeye_websocket::{Config, Limits, deflate};

/// Echoes in every case of a fuzzing server, which judges it.
#[derive(Debug, Parser)]
struct Options {
    /// The fuzzing server
    url: String,
    /// Offer compression, as groups 12 and 13 want
    #[arg(long)]
    deflate: bool,
    /// Keep compression contexts from message to message, if the server agrees
    #[arg(long, requires = "deflate")]
    takeover: bool,
    /// The name in the report
    #[arg(long, default_value = "sockeye-websocket")]
    agent: String,
    /// Run this case only, counted from 1
    #[arg(long)]
    case: Option<u32>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let deflate = options.deflate.then(|| {
        deflate::Options::default()
            .server_no_context_takeover(!options.takeover)
            .client_no_context_takeover(!options.takeover)
    });
    let config = Config::new()
        // What the testsuite sends at most.
        .limits(Limits::default().max_message(16 << 20))
        .marks(4 << 20, 16 << 20)
        .deflate(deflate);
    let connector = Connector::new().config(config);
    let server = options.url.trim_end_matches('/');

    let cases = match options.case {
        Some(case) => case..=case,
        None => 1..=count(&connector, server).await?,
    };
    let last = *cases.end();
    for case in cases {
        let url = format!("{server}/runCase?case={case}&agent={}", options.agent);
        let mut websocket = connector.connect(&url).await?.websocket;
        // Most cases end with an error, or by a server that says nothing more: all of that is the
        // server's to judge.
        let _ = websocket
            .for_each(|message, answers| answers.send(message))
            .await;
        write!(io::stdout(), "\rcase {case} of {last}")?;
        io::stdout().flush()?;
    }
    writeln!(io::stdout())?;

    let url = format!("{server}/updateReports?agent={}", options.agent);
    let mut websocket = connector.connect(&url).await?.websocket;
    while websocket.recv().await.is_some() {}
    Ok(())
}

async fn count(connector: &Connector, server: &str) -> Result<u32, Box<dyn Error>> {
    let url = format!("{server}/getCaseCount");
    let mut websocket = match connector.connect(&url).await {
        Ok(connected) => connected.websocket,
        Err(error @ ConnectError::Connect { .. }) => {
            return Err(format!("{error} (is the fuzzing server running?)").into());
        }
        Err(error) => return Err(error.into()),
    };
    let message = websocket.recv().await.ok_or("no count of cases")??;
    let count = message.as_text().ok_or("the count is no text")?.parse()?;
    websocket.close(1000, "").await?;
    Ok(count)
}
