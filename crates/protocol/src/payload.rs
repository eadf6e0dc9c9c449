use serde::Serialize;

use crate::probe::{Probe, Shape};

/// How the value of a [`Payload`] stands in the packet's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arity {
    /// No argument.
    None,
    /// The value is one argument.
    One,
    /// The value is a list, whose elements are the arguments.
    List,
}

/// What an event or an answer carries.
///
/// Every value that serde can write is one argument; `()` is none, while an `Option` that is
/// `None` is `null`. [`Args`] holds several.
pub trait Payload {
    /// What is written.
    type Value: Serialize + ?Sized;

    /// The value.
    fn value(&self) -> &Self::Value;

    /// How the value stands in the list.
    fn arity(&self) -> Arity;
}

impl<T: Serialize + ?Sized> Payload for T {
    type Value = T;

    fn value(&self) -> &T {
        self
    }

    fn arity(&self) -> Arity {
        // A null of `serde_json` writes the same as `()`, but takes room.
        if size_of_val(self) == 0
            && matches!(self.serialize(Probe(&mut Vec::new())), Ok(Shape::Unit))
        {
            Arity::None
        } else {
            Arity::One
        }
    }
}

/// Several arguments: a tuple, an array or a `Vec`. `Args(())` is none.
///
/// ```
/// use sockeye_protocol::{Args, Encoder};
///
/// let mut encoder = Encoder::new(0);
/// let packet = encoder.event("/", None, "move", &Args((3, "left")))?;
/// assert_eq!(packet.message(), br#"2["move",3,"left"]"#);
/// # Ok::<_, sockeye_protocol::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Args<T>(pub T);

impl<T: Serialize> Payload for Args<T> {
    type Value = T;

    fn value(&self) -> &T {
        &self.0
    }

    fn arity(&self) -> Arity {
        Arity::List
    }
}
