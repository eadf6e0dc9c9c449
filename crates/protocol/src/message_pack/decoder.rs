use std::borrow::Cow;

use serde::Serialize;

use super::item::{self, Item};
use super::reader::Reader;
use crate::header::{Kind, MAX_ACK_ID};
use crate::packet::check_name;
use crate::transcode::Transcode;
use crate::{Arguments, DecodeError, Event, MAX_DEPTH, MAX_NAMESPACE_BYTES, Packet};

/// Reads packets, each of which is one message.
#[derive(Debug, Default)]
pub(crate) struct MessagePackDecoder {
    /// The credentials of a CONNECT packet, as JSON. Boxed, as every connection has a decoder.
    #[expect(
        clippy::box_collection,
        reason = "smaller than a `String` in each connection"
    )]
    auth: Option<Box<String>>,
}

/// The members of a packet that mean something. Of equal names the last counts, as in JavaScript.
#[derive(Debug, Default)]
struct Members<'a> {
    kind: Option<Item<'a>>,
    namespace: Option<Item<'a>>,
    id: Option<Item<'a>>,
    data: Option<Data<'a>>,
}

#[derive(Debug, Clone, Copy)]
struct Data<'a> {
    head: Item<'a>,
    /// Where it begins, where its first element does, and where it ends.
    start: usize,
    content: usize,
    end: usize,
}

impl MessagePackDecoder {
    /// Reads a packet. It is checked completely, and nothing is allocated for it but the JSON of a
    /// CONNECT packet's credentials.
    pub(crate) fn binary<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Packet<'a>, DecodeError> {
        let members = members(bytes)?;
        let kind = kind(members.kind)?;
        let namespace = namespace(members.namespace)?;
        let data = members.data.filter(|data| data.head != Item::Undefined);
        match kind {
            Kind::Connect => {
                let auth = match data {
                    None => None,
                    Some(data) => Some(self.auth(bytes, data)?),
                };
                Ok(Packet::Connect { namespace, auth })
            }
            Kind::Disconnect if data.is_none() => Ok(Packet::Disconnect { namespace }),
            Kind::Disconnect => Err(DecodeError::InvalidPayload),
            Kind::Event => {
                let (count, data) = list_member(data)?;
                let count = count.checked_sub(1).ok_or(DecodeError::InvalidPayload)?;
                let (name, start) = name(bytes, data.content)?;
                Ok(Packet::Event(Event {
                    namespace,
                    id: id(members.id)?,
                    name,
                    args: Arguments::message_pack(&bytes[start..data.end], count),
                }))
            }
            Kind::Ack => {
                let (count, data) = list_member(data)?;
                Ok(Packet::Ack {
                    namespace,
                    id: id(members.id)?,
                    args: Arguments::message_pack(&bytes[data.content..data.end], count),
                })
            }
            Kind::ConnectError => Err(DecodeError::ConnectError),
        }
    }

    /// Forgets the last packet.
    pub(crate) fn release(&mut self) {
        self.auth = None;
    }

    fn auth(&mut self, bytes: &[u8], data: Data<'_>) -> Result<&str, DecodeError> {
        if !matches!(data.head, Item::Map(_)) {
            return Err(DecodeError::InvalidPayload);
        }
        let mut json = Vec::new();
        Transcode::new(&mut Reader::new(bytes, data.start))
            .serialize(&mut serde_json::Serializer::new(&mut json))
            .map_err(|_| DecodeError::InvalidPayload)?;
        let json = String::from_utf8(json).map_err(|_| DecodeError::InvalidPayload)?;
        Ok(self.auth.insert(Box::new(json)))
    }
}

fn members(bytes: &[u8]) -> Result<Members<'_>, DecodeError> {
    let (Item::Map(count), mut at) = item::item(bytes, 0)? else {
        return Err(DecodeError::InvalidPayload);
    };
    let mut members = Members::default();
    for _ in 0..count {
        let (key, start) = item::key(bytes, at)?;
        let (head, content) = item::item(bytes, start)?;
        let end = item::value(bytes, start, MAX_DEPTH)?;
        match key {
            Item::Text("type") => members.kind = Some(head),
            Item::Text("nsp") => members.namespace = Some(head),
            Item::Text("id") => members.id = Some(head),
            Item::Text("data") => {
                members.data = Some(Data {
                    head,
                    start,
                    content,
                    end,
                });
            }
            // A client of today sends its `options` along.
            _ => {}
        }
        at = end;
    }
    if at == bytes.len() {
        Ok(members)
    } else {
        Err(DecodeError::InvalidPayload)
    }
}

/// A whole number, which JavaScript may have written as a float.
fn integer(item: Item<'_>) -> Option<u64> {
    match item {
        Item::Unsigned(number) => Some(number),
        Item::Float(number) if number.fract() == 0.0 && (0.0..1e18).contains(&number) => {
            Some(number as u64)
        }
        _ => None,
    }
}

fn kind(item: Option<Item<'_>>) -> Result<Kind, DecodeError> {
    Ok(match item.and_then(integer) {
        Some(0) => Kind::Connect,
        Some(1) => Kind::Disconnect,
        Some(2) => Kind::Event,
        Some(3) => Kind::Ack,
        Some(4) => Kind::ConnectError,
        _ => return Err(DecodeError::UnknownType),
    })
}

fn namespace(item: Option<Item<'_>>) -> Result<&str, DecodeError> {
    match item {
        Some(Item::Text(name)) if name.len() <= MAX_NAMESPACE_BYTES => Ok(name),
        Some(Item::Text(_)) => Err(DecodeError::NamespaceTooLong),
        _ => Err(DecodeError::InvalidNamespace),
    }
}

fn id(item: Option<Item<'_>>) -> Result<Option<u64>, DecodeError> {
    match item {
        None | Some(Item::Undefined) => Ok(None),
        Some(item) => match integer(item) {
            Some(id) if id <= MAX_ACK_ID => Ok(Some(id)),
            _ => Err(DecodeError::InvalidAckId),
        },
    }
}

/// The elements of a list that is all there is, and their number.
pub(crate) fn list(bytes: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    match item::item(bytes, 0)? {
        (Item::List(count), content) if item::value(bytes, 0, MAX_DEPTH)? == bytes.len() => {
            Ok((count, &bytes[content..]))
        }
        _ => Err(DecodeError::InvalidPayload),
    }
}

fn list_member<'a>(data: Option<Data<'a>>) -> Result<(u32, Data<'a>), DecodeError> {
    match data {
        Some(
            data @ Data {
                head: Item::List(count),
                ..
            },
        ) => Ok((count, data)),
        _ => Err(DecodeError::InvalidPayload),
    }
}

/// An event's name and its end. A number is a name too, as in JSON.
fn name(bytes: &[u8], at: usize) -> Result<(Cow<'_, str>, usize), DecodeError> {
    let (item, end) = item::item(bytes, at)?;
    let name: Cow<'_, str> = match item {
        Item::Text(name) => name.into(),
        Item::Unsigned(number) => number.to_string().into(),
        Item::Signed(number) => number.to_string().into(),
        Item::Float(number) if number.is_finite() => number.to_string().into(),
        _ => return Err(DecodeError::InvalidPayload),
    };
    check_name(&name)?;
    Ok((name, end))
}
