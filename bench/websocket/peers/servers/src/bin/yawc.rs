//! yawc; `--fast` with the buffers that are fastest: 128 KiB to read, 64 KiB before it flushes by itself.

use std::io;

use websocket_peers::echo::Echo;
use websocket_peers::listen;
use websocket_peers::upgrade::upgrade;
use yawc::frame::OpCode;
use yawc::{Frame, Options, Role, WebSocket};

const READ: usize = 128 * 1024;
const BOUNDARY: usize = 64 * 1024;

fn main() -> io::Result<()> {
    let buffers = listen::flag("--fast");
    listen::serve(move |stream| async move {
        // A server has to check (RFC 6455 8.1).
        let mut options = Options::default().with_utf8();
        if buffers {
            options = options
                .with_read_buffer_capacity(READ)
                .with_backpressure_boundary(BOUNDARY);
        }
        let Ok(stream) = upgrade(stream).await else {
            return;
        };
        if let Ok(socket) = WebSocket::from_stream(stream, Role::Server, options) {
            Echo::new(socket, |frame: &Frame| {
                matches!(frame.opcode(), OpCode::Text | OpCode::Binary)
            })
            .await;
        }
    })
}
