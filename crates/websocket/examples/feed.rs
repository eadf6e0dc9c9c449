//! Follows a market's ticker in the format of a public API: subscribe in JSON, read events, come
//! back after a disconnect.
//!
//! `cargo run -p sockeye-websocket --example feed -- wss://ws-feed.exchange.coinbase.com BTC-USD`,
//! or, with a server of its own on loopback, `... --example feed -- --demo`

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use clap::Parser;
use serde::{Deserialize, Serialize};
use sockeye_websocket::accept::accept;
use sockeye_websocket::client::Connector;
use sockeye_websocket::{Config, Limits, deflate};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// Prints the prices of a ticker feed.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Where the feed is
    #[arg(required_unless_present = "demo")]
    url: Option<String>,
    /// What to follow
    #[arg(default_value = "BTC-USD")]
    products: Vec<String>,
    /// Start a feed on loopback and follow that
    #[arg(long, conflicts_with = "url")]
    demo: bool,
    /// Stop after so many prices
    #[arg(long)]
    count: Option<usize>,
}

/// What is sent.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Request {
    Subscribe {
        product_ids: Vec<String>,
        channels: Vec<String>,
    },
}

/// What comes back. Feeds grow: fields and events that are not known are left alone.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Subscriptions,
    Ticker(Ticker),
    Error {
        message: String,
        reason: Option<String>,
    },
    #[serde(other)]
    Other,
}

/// Prices are decimal text: they are not for floating-point numbers.
#[derive(Debug, Deserialize, Serialize)]
struct Ticker {
    product_id: String,
    price: String,
    sequence: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(Options::parse()).await
}

/// Follows the feed, through disconnects, until enough has been seen.
pub(crate) async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let (url, mut left) = match &options.url {
        Some(url) => (url.clone(), options.count.unwrap_or(usize::MAX)),
        None => (demo().await?, options.count.unwrap_or(8)),
    };
    let config = Config::new()
        .limits(Limits::default().max_message(1 << 20))
        // A feed that says nothing, not even to a ping, is gone.
        .ping_interval(Some(Duration::from_secs(15)))
        .idle_timeout(Some(Duration::from_secs(30)))
        .deflate(Some(deflate::Options::new()));
    let connector = Connector::new()
        .header("User-Agent", "sockeye-example/1.0")
        .config(config);

    let shortest = Duration::from_millis(200);
    let mut pause = shortest;
    while left > 0 {
        let before = left;
        if let Err(error) = follow(&connector, &url, &options.products, &mut left).await {
            writeln!(io::stderr(), "{error}; trying again in {pause:?}")?;
        }
        if left < before {
            pause = shortest;
        }
        if left > 0 {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }
    Ok(())
}

/// One connection, until it ends or enough has been seen.
async fn follow(
    connector: &Connector,
    url: &str,
    products: &[String],
    left: &mut usize,
) -> Result<(), Box<dyn Error>> {
    let mut websocket = connector.connect(url).await?.websocket;
    let subscribe = Request::Subscribe {
        product_ids: products.to_vec(),
        channels: vec!["ticker".to_owned()],
    };
    websocket.send(serde_json::to_string(&subscribe)?).await?;
    while let Some(message) = websocket.recv().await {
        match serde_json::from_slice(message?.as_bytes())? {
            Event::Ticker(tick) => {
                let Ticker {
                    product_id,
                    price,
                    sequence,
                } = tick;
                writeln!(io::stdout(), "{product_id:10} {price:>12}  #{sequence}")?;
                *left -= 1;
                if *left == 0 {
                    websocket.close(1000, "").await?;
                    return Ok(());
                }
            }
            Event::Error { message, reason } => {
                return Err(format!("{message}: {}", reason.unwrap_or_default()).into());
            }
            Event::Subscriptions | Event::Other => {}
        }
    }
    let closed = websocket.closed().cloned().unwrap_or_default();
    Err(format!("closed with {} {}", closed.code, closed.reason).into())
}

/// A feed that disconnects after every fifth price, as real ones do now and then.
async fn demo() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(async move {
                // A client that leaves early is no fault of the feed.
                let _ = feed(stream).await;
            });
        }
        #[expect(unreachable_code, reason = "it names the error of the loop")]
        Ok::<(), io::Error>(())
    });
    Ok(url)
}

async fn feed(stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let config = Config::new().deflate(Some(deflate::Options::new()));
    let (mut websocket, _) = accept(stream, &config).await?;
    let asked = websocket.recv().await.ok_or("left")??;
    let Request::Subscribe { product_ids, .. } = serde_json::from_slice(asked.as_bytes())?;
    websocket
        .send(serde_json::to_string(&Event::Subscriptions)?)
        .await?;
    for (sequence, product_id) in (1..=5).zip(product_ids.iter().cycle()) {
        sleep(Duration::from_millis(100)).await;
        let tick = Event::Ticker(Ticker {
            product_id: product_id.clone(),
            price: format!("{}.50", 64_000 + sequence * 7 % 13),
            sequence,
        });
        websocket.send(serde_json::to_string(&tick)?).await?;
    }
    websocket.close(1001, "going away").await?;
    Ok(())
}
