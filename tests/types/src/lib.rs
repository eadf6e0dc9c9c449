//! One event of each kind, for the tests and for `typescript/`.
#![allow(missing_docs, reason = "the fields are what the tests are about")]

use std::collections::HashMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sockeye::{Event, typescript::Contract};
use ts_rs::TS;

/// What somebody says.
#[derive(Debug, Event, Serialize, Deserialize, TS)]
#[event(reply = Accepted)]
#[serde(rename_all = "camelCase")]
pub struct Say {
    /// Made by the client.
    pub message_id: u64,
    pub text: String,
    pub to: Option<Vec<String>>,
}

/// That it was said.
#[derive(Debug, Serialize, Deserialize, TS)]
pub struct Accepted {
    pub at: u64,
}

/// The event of the tutorial.
#[derive(Debug, Event, Serialize, Deserialize, TS)]
#[event(name = "chat message")]
pub struct ChatMessage(pub String);

/// Two arguments.
#[derive(Debug, Event, Serialize, Deserialize, TS)]
pub struct Move(pub i32, pub i32);

/// Two arguments and an answer without a value.
#[derive(Debug, Event, Serialize, Deserialize, TS)]
#[event(name = "place", reply = ())]
pub struct Place(pub String, pub Position);

/// Where something is.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Position {
    Point { x: f64, y: f64 },
    Nowhere,
}

/// No argument, but an answer.
#[derive(Debug, Event, Serialize, Deserialize, TS)]
#[event(reply = HashMap<String, u32>)]
pub struct Count;

/// No argument and no answer.
#[derive(Debug, Event, Serialize, Deserialize, TS)]
pub struct Refresh;

/// Bytes.
#[derive(Debug, Event, Serialize, Deserialize, TS)]
#[event(reply = ())]
pub struct Upload {
    pub name: String,
    #[ts(type = "ArrayBuffer")]
    pub data: Bytes,
}

/// What somebody said, borrowed from where it is kept.
#[derive(Debug, Event, Serialize, TS)]
pub struct Message<'a> {
    pub by: &'a str,
    pub text: &'a str,
}

/// A question of the server.
#[derive(Debug, Event, Serialize, TS)]
#[event(reply = bool)]
pub struct Confirm<'a> {
    pub question: &'a str,
}

/// A question that is answered without a value.
#[derive(Debug, Event, Serialize, TS)]
#[event(reply = ())]
pub struct Nudge;

/// The contract of `typescript/events.ts`.
pub fn contract() -> Contract {
    Contract::new()
        .client_to_server::<Say>()
        .client_to_server::<ChatMessage>()
        .client_to_server::<Move>()
        .client_to_server::<Place>()
        .client_to_server::<Count>()
        .client_to_server::<Refresh>()
        .client_to_server::<Upload>()
        .server_to_client::<Message<'static>>()
        .server_to_client::<Confirm<'static>>()
        .server_to_client::<Nudge>()
        .server_to_client::<Move>()
}
