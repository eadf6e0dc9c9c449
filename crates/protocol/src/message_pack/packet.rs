//! Writing packets.

use serde_json::Error;

use super::head;
use super::item::{self, Item};
use super::writer::Writer;
use crate::{Arity, EncodeError, Payload, RawJson};

/// What stands in a packet besides its namespace.
///
/// The members have the order in which the reference's server writes them: its bytes are the same.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    Connect {
        sid: &'a str,
        pid: Option<&'a str>,
    },
    Disconnect,
    ConnectError {
        message: &'a str,
        data: Option<&'a RawJson>,
    },
}

impl Body<'_> {
    pub(crate) fn write(&self, out: &mut Vec<u8>, namespace: &str) -> Result<(), EncodeError> {
        self.write_members(out, namespace)
            .map_err(EncodeError::Json)
    }

    fn write_members(&self, out: &mut Vec<u8>, namespace: &str) -> Result<(), Error> {
        match self {
            Self::Connect { sid, pid } => {
                head::map(out, 3)?;
                member(out, "type", 0)?;
                head::text(out, "data")?;
                head::map(out, 1 + usize::from(pid.is_some()))?;
                head::text(out, "sid")?;
                head::text(out, sid)?;
                if let Some(pid) = pid {
                    head::text(out, "pid")?;
                    head::text(out, pid)?;
                }
                namespace_member(out, namespace)
            }
            Self::Disconnect => {
                head::map(out, 2)?;
                member(out, "type", 1)?;
                namespace_member(out, namespace)
            }
            Self::ConnectError { message, data } => {
                head::map(out, 3)?;
                member(out, "type", 4)?;
                namespace_member(out, namespace)?;
                head::text(out, "data")?;
                head::map(out, 1 + usize::from(data.is_some()))?;
                head::text(out, "message")?;
                head::text(out, message)?;
                if let Some(data) = data {
                    head::text(out, "data")?;
                    serde::Serialize::serialize(data, Writer(out))?;
                }
                Ok(())
            }
        }
    }
}

/// Writes an EVENT.
pub(crate) fn event<P: Payload + ?Sized>(
    out: &mut Vec<u8>,
    namespace: &str,
    id: Option<u64>,
    name: &str,
    payload: &P,
) -> Result<(), EncodeError> {
    let begin = |out: &mut Vec<u8>| -> Result<(), Error> {
        head::map(out, 3 + usize::from(id.is_some()))?;
        member(out, "type", 2)?;
        head::text(out, "data")
    };
    begin(out).map_err(EncodeError::Json)?;
    list_of(out, Some(name), payload)?;
    let end = |out: &mut Vec<u8>| -> Result<(), Error> {
        if let Some(id) = id {
            member(out, "id", id)?;
        }
        namespace_member(out, namespace)
    };
    end(out).map_err(EncodeError::Json)
}

/// Writes an ACK.
pub(crate) fn ack<P: Payload + ?Sized>(
    out: &mut Vec<u8>,
    namespace: &str,
    id: u64,
    payload: &P,
) -> Result<(), EncodeError> {
    let begin = |out: &mut Vec<u8>| -> Result<(), Error> {
        head::map(out, 4)?;
        member(out, "id", id)?;
        member(out, "type", 3)?;
        head::text(out, "data")
    };
    begin(out).map_err(EncodeError::Json)?;
    list_of(out, None, payload)?;
    namespace_member(out, namespace).map_err(EncodeError::Json)
}

fn member(out: &mut Vec<u8>, name: &str, number: u64) -> Result<(), Error> {
    head::text(out, name)?;
    head::unsigned(out, number);
    Ok(())
}

fn namespace_member(out: &mut Vec<u8>, namespace: &str) -> Result<(), Error> {
    head::text(out, "nsp")?;
    head::text(out, namespace)
}

/// Writes a payload as a list, behind an event's name if there is one.
pub(crate) fn list_of<P: Payload + ?Sized>(
    out: &mut Vec<u8>,
    name: Option<&str>,
    payload: &P,
) -> Result<(), EncodeError> {
    let start = out.len();
    let first = usize::from(name.is_some());
    let open = |out: &mut Vec<u8>, count: usize| -> Result<(), EncodeError> {
        let opened = head::list(out, count + first);
        opened
            .and_then(|()| name.map_or(Ok(()), |name| head::text(out, name)))
            .map_err(EncodeError::Json)
    };
    let arity = payload.arity();
    if arity == Arity::None {
        return open(out, 0);
    }
    if arity == Arity::One {
        open(out, 1)?;
    }
    let written = serde::Serialize::serialize(payload.value(), Writer(out));
    written.map_err(EncodeError::Json)?;
    if arity == Arity::One {
        return Ok(());
    }
    let (count, content) = match item::item(out, start) {
        Ok((Item::List(count), content)) => (count as usize, content),
        Ok((Item::Nil, content)) => (0, content),
        _ => return Err(EncodeError::NotAList),
    };
    // The list's own head makes room for one that counts the name too.
    let mut opening = Vec::new();
    open(&mut opening, count)?;
    out.splice(start..content, opening);
    Ok(())
}
