//! `WebSocket` over streams that take and give as little as the test says.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod backpressure;
mod closing;
mod halves;
mod messages;
mod parts;
mod pipe;

use sockeye_websocket::{Config, Negotiated, Role, WebSocket};

use pipe::Pipe;

/// Both ends of a connection whose stream holds `capacity` bytes in each direction.
fn pair(capacity: usize, config: &Config) -> (WebSocket<Pipe>, WebSocket<Pipe>) {
    pair_of(capacity, config, config)
}

/// The same, with a configuration for the client and one for the server.
fn pair_of(
    capacity: usize,
    client: &Config,
    server: &Config,
) -> (WebSocket<Pipe>, WebSocket<Pipe>) {
    let (near, far) = pipe::pipe(capacity);
    (
        WebSocket::new(near, Role::Client, Negotiated::default(), client),
        WebSocket::new(far, Role::Server, Negotiated::default(), server),
    )
}
