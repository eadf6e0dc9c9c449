#![doc = include_str!("../README.md")]

mod ack;
mod adapter;
mod application;
mod broadcast;
mod builder;
mod emit;
mod frames;
mod gate;
mod handler;
mod handshake;
mod limits;
mod mount;
mod namespace;
mod rate;
mod reason;
mod recovery;
mod reject;
mod room;
mod server;
mod shutdown;
mod socket;
mod stats;
mod typed;

pub use ack::{AckCollector, AckError, Acknowledgement};
pub use adapter::{
    Adapter, AdapterError, AdapterFuture, HandshakeDetails, InMemory, NumberedEvent, SocketDetails,
};
pub use application::NamespaceEvent;
pub use broadcast::{Broadcast, BroadcastAckError, BroadcastAcks, RemoteSocket};
pub use builder::ServerBuilder;
pub use event::Event;
pub use handler::{
    AckSender, EventCall, EventName, ExtractError, FromEvent, FromParts, FromRef, Handler,
    Incoming, IntoReply, Next, Outcome, Replier, Reply, Session, State, ViaParts, ViaPayload,
};
pub use handshake::Handshake;
pub use limits::{Limits, Profile};
pub use mount::{NotFound, Serve, SocketIoLayer, SocketIoService, WithSocketIo};
pub use namespace::{HandlerError, Namespace, NamespaceMatch, ServerReply};
pub use rate::RateLimit;
pub use reason::DisconnectReason;
pub use recovery::Recovery;
pub use reject::Reject;
pub use room::{IntoRooms, JoinError, LocalRooms, Room, Target};
pub use server::Server;
pub use shutdown::Shutdown;
pub use socket::{EmitError, Emitter, ListenerId, Socket};
pub use sockeye_engine::{
    Body, CloseReason, ConfigError, Cookie, Cors, Deflate, Encoded, EngineStats, InitialPacket,
    Priority, Refusal, RemoteAddr, SameSite, Secure, Sid as SocketId, Transport, TrustedProxies,
    Upgrade,
};
pub use sockeye_macros::Event;
pub use sockeye_protocol::{Args, ArgumentError, Codec, EncodeError, Payload, RawJson};
pub use stats::Stats;

#[cfg(feature = "tls")]
pub use sockeye_websocket::tls;

/// What a parser of one's own is made of; see [`Parser`](parser::Parser).
pub mod parser {
    pub use sockeye_protocol::{
        Arguments, DecodeError, Event, Limits, MAX_DEPTH, MAX_NAME_BYTES, MAX_NAMESPACE_BYTES,
        Messages, OwnedArguments, Packet, Parser, ReadPackets,
    };
}

/// Events that are types, said once for both sides; `#[derive(Event)]` makes one.
pub mod event {
    pub use crate::typed::{AnsweredBy, Answers, Nothing, TakesEvent};
    pub use sockeye_protocol::typed::{
        Answer, Bare, Empty, Event, Form, NoReply, Several, Single, Typed,
    };
}

#[cfg(feature = "typescript")]
pub use sockeye_protocol::typed::typescript;
