//! The command line.

use std::io;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::certificate::Certificate;
use crate::contestant::{Contestant, Places};
use crate::rows::{Plan, Row};

/// Drives WebSocket servers side by side and prints what a message, a connection and a broadcast cost each.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Only these rows.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Row>,
    /// Only these servers.
    #[arg(long, value_enum, value_delimiter = ',')]
    servers: Vec<Contestant>,
    /// Rounds of each echo row; the median counts. Broadcast rows take at most 3, memory rows 1.
    #[arg(long, default_value_t = 7)]
    pub(crate) rounds: usize,
    /// Milliseconds of a measurement.
    #[arg(long, default_value_t = 500)]
    span: u64,
    /// Clients that hear a broadcast.
    #[arg(long, default_value_t = 1000)]
    audience: usize,
    /// Connections whose memory is weighed.
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// The same for wss.
    #[arg(long, default_value_t = 2_000)]
    idle_secure: usize,
    /// An echo server that runs already, as ws://ADDRESS:PORT/, instead of the known ones.
    #[arg(long)]
    url: Option<String>,
    /// Process id of that server.
    #[arg(long)]
    pub(crate) pid: Option<i32>,
    /// Folder of the Rust peers' programs.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/target/release"))]
    peers: PathBuf,
    /// The Node server's script.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/node/server.mjs"))]
    node: PathBuf,
}

impl Options {
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            warm_up: Duration::from_millis(150),
            span: Duration::from_millis(self.span),
            audience: self.audience,
            idle: self.idle,
            idle_secure: self.idle_secure,
        }
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        match (self.only.is_empty(), &self.url) {
            (false, _) => self.only.clone(),
            (true, None) => Row::ALL.to_vec(),
            // Nothing but echo is known of it.
            (true, Some(_)) => Row::ALL
                .into_iter()
                .filter(|row| {
                    let service = row.service();
                    !service.hub && !service.deflate && !service.tls
                })
                .collect(),
        }
    }

    pub(crate) fn contestants(&self) -> Vec<Contestant> {
        match (&self.url, self.servers.is_empty()) {
            (Some(_), _) => vec![Contestant::Url],
            (None, false) => self.servers.clone(),
            (None, true) => Contestant::ALL.to_vec(),
        }
    }

    pub(crate) fn places(&self) -> io::Result<Places> {
        let own = std::env::current_exe()?
            .parent()
            .map(PathBuf::from)
            .unwrap_or_default();
        Ok(Places {
            own,
            peers: self.peers.clone(),
            node: self.node.clone(),
            certificate: Certificate::make()?,
        })
    }

    /// Address and path of the given URL.
    pub(crate) fn target(&self) -> Result<Option<(SocketAddrV4, String)>, String> {
        let Some(url) = &self.url else {
            return Ok(None);
        };
        let rest = url
            .strip_prefix("ws://")
            .or_else(|| url.strip_prefix("wss://"))
            .ok_or_else(|| format!("{url}: only ws:// and wss:// can be driven"))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let address = authority
            .replace("localhost", "127.0.0.1")
            .parse()
            .map_err(|_| format!("{authority}: an IPv4 address and a port are needed"))?;
        Ok(Some((address, format!("/{path}"))))
    }
}
