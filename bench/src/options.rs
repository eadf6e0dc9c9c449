//! The command line.

use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::contestant::{Contestant, Places};
use crate::rows::{Plan, Row};

/// Drives Socket.IO servers side by side and prints what a unit of work costs each.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Only these rows.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Row>,
    /// Only these servers.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) servers: Vec<Contestant>,
    /// Rounds of each row; the median counts.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// Threads of the servers that can have several.
    #[arg(long, default_value_t = 1)]
    pub(crate) workers: usize,
    /// Let the system choose the cores; only the rows that depend on threads.
    #[arg(long)]
    pub(crate) unpinned: bool,
    /// Milliseconds of a measurement.
    #[arg(long, default_value_t = 1000)]
    span: u64,
    /// Clients that hear a broadcast.
    #[arg(long, default_value_t = 1000)]
    audience: usize,
    /// Sessions whose memory is weighed.
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// A server that runs already, as http://ADDRESS:PORT/socket.io/, instead of the known ones.
    #[arg(long)]
    url: Option<String>,
    /// Process id of that server.
    #[arg(long)]
    pub(crate) pid: Option<i32>,
    /// The Node server's script.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/node/server.mjs"))]
    node: PathBuf,
    /// The socketioxide server's program.
    #[arg(long, default_value = "bench/peers/target/release/peer-socketioxide")]
    socketioxide: PathBuf,
}

impl Options {
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            warm_up: Duration::from_millis(400),
            span: Duration::from_millis(self.span),
            audience: self.audience,
            sessions: self.sessions,
        }
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        match (self.only.is_empty(), self.unpinned) {
            (false, _) => self.only.clone(),
            (true, false) => Row::ALL.to_vec(),
            (true, true) => Row::UNPINNED.to_vec(),
        }
    }

    pub(crate) fn contestants(&self) -> Vec<Contestant> {
        if self.url.is_some() {
            return vec![Contestant::Url];
        }
        if !self.servers.is_empty() {
            return self.servers.clone();
        }
        let mut all = vec![
            Contestant::Node,
            Contestant::Socketioxide,
            Contestant::Floor,
            Contestant::Hyper,
            Contestant::Recovery,
            Contestant::Sockeye,
        ];
        all.push(Contestant::SockeyeAxum);
        all
    }

    pub(crate) fn places(&self) -> std::io::Result<Places> {
        let own = std::env::current_exe()?
            .parent()
            .map(PathBuf::from)
            .unwrap_or_default();
        Ok(Places {
            own,
            node: self.node.clone(),
            socketioxide: self.socketioxide.clone(),
        })
    }

    /// Address and path of the given URL.
    pub(crate) fn target(&self) -> Result<Option<(SocketAddrV4, String)>, String> {
        let Some(url) = &self.url else {
            return Ok(None);
        };
        let (authority, path) = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("ws://"))
            .map(|rest| rest.split_once('/').unwrap_or((rest, "socket.io/")))
            .ok_or_else(|| format!("{url}: only http:// and ws:// can be driven"))?;
        let address = authority.replace("localhost", "127.0.0.1");
        let address = address
            .parse()
            .map_err(|_| format!("{authority}: an IPv4 address and a port are needed"))?;
        let path = if path.is_empty() { "socket.io/" } else { path };
        Ok(Some((address, format!("/{path}"))))
    }
}
