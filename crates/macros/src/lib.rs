#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod attributes;
mod event;
mod name;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a type an event: its name, and the type of its answer.
///
/// | attribute | meaning | without it |
/// |---|---|---|
/// | `name = "chat message"` | the event's name on the wire | the type's name in lower camel case: `ChatMessage` is `chatMessage` |
/// | `reply = Accepted` | the type of the acknowledgement; `()` for an empty one | the event is not answered |
/// | `crate = path` | where the crate is that has the trait `Event` | `::sockeye` |
///
/// A struct with named fields, a newtype and an enum are one argument, as serde writes them; a
/// tuple struct of two fields or more is several arguments; a struct without fields is none.
///
/// The name is one that the protocol leaves to applications: `connect`, `connect_error`,
/// `disconnect`, `disconnecting`, `newListener` and `removeListener` do not compile, nor does one
/// of more than 255 bytes.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    event::derive(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
