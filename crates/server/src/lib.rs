#![doc = include_str!("../README.md")]

mod ack;
mod adapter;
mod application;
mod broadcast;
mod emit;
mod gate;
mod handler;
mod handshake;
mod mount;
mod namespace;
mod reason;
mod reject;
mod room;
mod server;
mod socket;
mod stats;

pub use ack::{AckError, Acknowledgement};
pub use adapter::{Adapter, InMemory};
pub use broadcast::Broadcast;
pub use handler::{
    AckSender, EventName, ExtractError, FromEvent, FromParts, FromRef, Handler, Incoming,
    IntoReply, Replier, Reply, Session, State, ViaParts, ViaPayload,
};
pub use handshake::Handshake;
pub use mount::{NotFound, Serve, SocketIoLayer, SocketIoService, WithSocketIo};
pub use namespace::{HandlerError, Namespace};
pub use reason::DisconnectReason;
pub use reject::Reject;
pub use room::{IntoRooms, LocalRooms, Room, Target};
pub use server::{Server, ServerBuilder};
pub use socket::{EmitError, Socket, Volatile};
pub use sockeye_engine::{
    CloseReason, Encoded, EngineStats, RemoteAddr, Sid as SocketId, Transport,
};
pub use sockeye_protocol::{Args, ArgumentError, EncodeError, Payload, RawJson};
pub use stats::Stats;

#[cfg(feature = "tls")]
pub use sockeye_websocket::tls;
