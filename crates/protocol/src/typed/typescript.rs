//! Declarations for TypeScript: the events of both directions, as the clients' types take them.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use ts_rs::{Config, TS, TypeVisitor};

use super::{Event, Form, NoReply};
use crate::Arity;

/// The events of a namespace, as a module of TypeScript.
///
/// `ServerToClientEvents` and `ClientToServerEvents` are what `Socket` of `socket.io-client` and
/// of our client are generic over. The types that events carry derive `TS` of the crate `ts-rs`,
/// which reads the attributes of serde; a field of bytes needs `#[ts(type = "ArrayBuffer")]`.
/// Numbers are `number`, those of 64 bits too, as JavaScript's parsers read them.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockeye_protocol::typed::{Event, Single, typescript::Contract};
/// use ts_rs::TS;
///
/// #[derive(Serialize, Deserialize, TS)]
/// struct Say {
///     text: String,
/// }
///
/// // `#[derive(Event)] #[event(reply = u64)]` writes this:
/// impl Event for Say {
///     const NAME: &'static str = "say";
///     type Form = Single;
///     type Reply = u64;
/// }
///
/// let module = Contract::new().client_to_server::<Say>().to_string();
/// assert!(module.contains("export type Say = { text: string, };"), "{module}");
/// assert!(module.contains("say: (payload: Say, reply: (answer: number | Failure) => void) => void;"), "{module}");
/// ```
#[derive(Debug, Default)]
pub struct Contract {
    /// By name, each with its text.
    types: BTreeMap<String, String>,
    client_to_server: BTreeMap<&'static str, String>,
    server_to_client: BTreeMap<&'static str, String>,
}

impl Contract {
    /// No events yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event that clients send. Its answer may be a `Failure` too: what a handler's error
    /// and arguments that do not fit are answered with.
    ///
    /// # Panics
    ///
    /// If another one has the same name, or two types have the same name and differ.
    #[must_use]
    pub fn client_to_server<E>(mut self) -> Self
    where
        E: Event<Reply: Reply> + TS + 'static,
    {
        let signature = self.signature::<E>(" | Failure", "failure?: Failure");
        let twice = self.client_to_server.insert(E::NAME, signature).is_some();
        assert!(!twice, "two events of clients are called `{}`", E::NAME);
        self
    }

    /// Adds an event that the server sends. A type that borrows is named as `Message<'static>`.
    ///
    /// # Panics
    ///
    /// If another one has the same name, or two types have the same name and differ.
    #[must_use]
    pub fn server_to_client<E>(mut self) -> Self
    where
        E: Event<Reply: Reply> + TS + 'static,
    {
        let signature = self.signature::<E>("", "");
        let twice = self.server_to_client.insert(E::NAME, signature).is_some();
        assert!(!twice, "two events of the server are called `{}`", E::NAME);
        self
    }

    /// The listener of an event; `failed` stands behind an answer's type, `none` where there is
    /// no answer.
    fn signature<E>(&mut self, failed: &str, none: &str) -> String
    where
        E: Event<Reply: Reply> + TS + 'static,
    {
        let reply = match E::Reply::name(self) {
            Answered::Not => None,
            Answered::Empty => Some(format!("reply: ({none}) => void")),
            Answered::With(name) => Some(format!("reply: (answer: {name}{failed}) => void")),
        };
        let payload = match E::Form::ARITY {
            Arity::None => None,
            Arity::One => Some(format!("payload: {}", self.name::<E>())),
            Arity::List => Some(self.name::<E>()),
        };
        match (E::Form::ARITY, payload, reply) {
            (Arity::List, Some(list), None) => format!("(...payload: {list}) => void"),
            (Arity::List, Some(list), Some(reply)) => {
                format!("(...payload: [...{list}, {reply}]) => void")
            }
            (_, payload, reply) => {
                let parameters: Vec<_> = payload.into_iter().chain(reply).collect();
                format!("({}) => void", parameters.join(", "))
            }
        }
    }

    /// The name of a type, which is declared with all that it needs.
    fn name<T: TS + 'static + ?Sized>(&mut self) -> String {
        let config = config();
        self.visit::<T>();
        T::name(&config)
    }
}

fn config() -> Config {
    Config::new().with_large_int("number")
}

impl TypeVisitor for Contract {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_some() {
            let config = config();
            let declaration = T::decl(&config);
            let docs = T::docs().unwrap_or_default();
            let text = format!("{docs}export {declaration}\n");
            match self.types.get(&T::ident(&config)) {
                Some(known) if *known == text => return,
                Some(_) => panic!(
                    "two types are called `{}`: rename one with `#[ts(rename = …)]`",
                    T::ident(&config)
                ),
                None => self.types.insert(T::ident(&config), text),
            };
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

impl Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("// Generated from the server's types in Rust: change those.\n\n")?;
        f.write_str("/** The answer when a handler fails, or cannot read what was sent. */\n")?;
        f.write_str("export type Failure = { error: string };\n\n")?;
        for text in self.types.values() {
            writeln!(f, "{text}")?;
        }
        interface(f, "ClientToServerEvents", &self.client_to_server)?;
        f.write_char('\n')?;
        interface(f, "ServerToClientEvents", &self.server_to_client)
    }
}

fn interface(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    events: &BTreeMap<&'static str, String>,
) -> fmt::Result {
    writeln!(f, "export interface {name} {{")?;
    for (event, signature) in events {
        writeln!(f, "  {}: {signature};", key(event))?;
    }
    f.write_str("}\n")
}

/// A member's name, in quotes where TypeScript needs them.
fn key(name: &str) -> String {
    let mut letters = name.chars();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$');
    let starts = letters
        .next()
        .is_some_and(|first| plain(first) && !first.is_ascii_digit());
    if starts && letters.all(plain) {
        name.to_owned()
    } else {
        serde_json::to_string(name).unwrap_or_default()
    }
}

/// How an event is answered.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answered {
    /// Not at all.
    Not,
    /// Without a value.
    Empty,
    /// With a value of the type of this name.
    With(String),
}

/// What can be the answer of an event: nothing, or a type that derives `TS`.
#[diagnostic::on_unimplemented(
    message = "`{Self}`, the reply of an event, has no type in TypeScript",
    note = "derive `TS` of the crate `ts-rs` for it"
)]
pub trait Reply {
    /// How it is called; the contract declares it.
    fn name(contract: &mut Contract) -> Answered;
}

impl Reply for NoReply {
    fn name(_: &mut Contract) -> Answered {
        Answered::Not
    }
}

impl<T: TS + 'static> Reply for T {
    fn name(contract: &mut Contract) -> Answered {
        if std::any::TypeId::of::<T>() == std::any::TypeId::of::<()>() {
            return Answered::Empty;
        }
        Answered::With(contract.name::<T>())
    }
}
