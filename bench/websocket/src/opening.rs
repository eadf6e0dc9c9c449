//! Opening WebSocket connections: TCP, perhaps TLS, the upgrade.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::ClientConfig;
use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::process::Server;
use sockeye_bench::script::ACCEPT;

use crate::deflate::OFFER;
use crate::tls::Session;

/// Handshakes under way at a time: fewer than any server's backlog.
const AT_ONCE: usize = 64;
const LIMIT: Duration = Duration::from_secs(60);

/// How connections are opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// permessage-deflate is offered and has to be accepted.
    pub(crate) deflate: bool,
}

/// Opens `count` more connections and returns when the server has accepted all.
pub(crate) fn open(
    fleet: &mut Fleet,
    server: &Server,
    count: usize,
    manner: &Manner,
) -> Result<(), Fault> {
    let request = request(server, manner.deflate);
    let before = fleet.links.len();
    let mut opening = Opening {
        before,
        accepted: 0,
        deflate: manner.deflate,
    };
    for opened in 1..=count {
        let index = fleet.open(server)?;
        let link = &mut fleet.links[index];
        if let Some(config) = &manner.tls {
            link.wrap(Box::new(Session::new(config)?))?;
        }
        link.send(&request)?;
        let enough = if opened == count {
            count
        } else {
            opened.saturating_sub(AT_ONCE)
        };
        fleet.turn_until(
            &mut opening,
            LIMIT,
            |opening| opening.accepted >= enough,
            |opening| format!("{} of {count} connections", opening.accepted),
        )?;
    }
    Ok(())
}

fn request(server: &Server, deflate: bool) -> Vec<u8> {
    let extension = if deflate {
        format!("Sec-WebSocket-Extensions: {OFFER}\r\n")
    } else {
        String::new()
    };
    format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extension}\r\n",
        server.path,
        server.host()
    )
    .into_bytes()
}

struct Opening {
    /// Connections that were open already; nothing comes on them.
    before: usize,
    accepted: usize,
    deflate: bool,
}

impl Work for Opening {
    fn received(&mut self, index: usize, _link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        if index < self.before {
            return Err(Fault::protocol(index, "unasked", bytes));
        }
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(0);
        };
        let head = String::from_utf8_lossy(&bytes[..end]);
        if !head.starts_with("HTTP/1.1 101") || !head.contains(ACCEPT) {
            return Err(Fault::protocol(index, "upgrade refused", bytes));
        }
        if head.contains("permessage-deflate") != self.deflate {
            return Err(Fault::protocol(
                index,
                "other extensions than agreed",
                bytes,
            ));
        }
        self.accepted += 1;
        Ok(end + 4)
    }
}
