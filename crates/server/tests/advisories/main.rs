//! The advisories of the protocol family, each by its name: what was sent, and that it costs this server nothing.
//! `crates/protocol/tests` and `crates/engine/tests/adversarial` have more of each kind.
//!
//! These are not here:
//!
//! * What a language without the fault's cause cannot have, such as memory that is not initialised or a queue of
//!   serialised programs: CVE-2016-10518, CVE-2026-45736, CVE-2025-61765.
//! * Those of clients: CVE-2016-10536, CVE-2026-2229.
//! * Those of tokens, which this server neither reads nor verifies: CVE-2026-32301, CVE-2026-49998,
//!   GHSA-q926-c743-49qj.
//! * Those that say nothing of what is sent: CVE-2019-0982, CVE-2020-0602, CVE-2020-1161, CVE-2020-1597,
//!   CVE-2026-48809.

mod connections;
mod frames;
mod handshakes;
mod packets;
mod requests;
#[path = "../support/mod.rs"]
mod support;

use support::{
    client::{Pending, Response, raw},
    scene::Scene,
};

/// The rest of a handshake's head, after its first line.
const UPGRADE: &str = "Host: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Sends a handshake with these headers too.
async fn handshake(scene: &Scene, headers: &str) -> Response {
    let head =
        format!("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n{UPGRADE}{headers}\r\n");
    Pending(raw(scene.address, head.as_bytes()).await)
        .response()
        .await
}
