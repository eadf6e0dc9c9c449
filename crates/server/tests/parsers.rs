//! Servers that speak something else than JSON.

mod support;

use std::collections::HashMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sockeye::parser::{
    Arguments, DecodeError, Event, Limits, Messages, OwnedArguments, Packet, Parser, ReadPackets,
};
use sockeye::{Args, Codec, EncodeError, Handshake, Namespace, RawJson, Reply, Server, Socket};
use support::{Client, serve};

#[derive(Serialize, Deserialize)]
struct File {
    name: String,
    data: Bytes,
}

fn namespace() -> Namespace {
    Namespace::new()
        .on_connect(async |socket: Socket, handshake: Handshake| {
            let auth: Option<HashMap<String, u8>> = handshake.auth();
            socket.emit("auth", auth);
        })
        .on("file", async |file: File| Reply(file))
        .on("raw", async |raw: RawJson| Reply(raw))
        .on(
            "pair",
            async |socket: Socket, Args((a, b)): Args<(u8, String)>| {
                socket.server().emit("pair", Args((b, a)));
            },
        )
}

async fn start(codec: impl Into<Codec>) -> (Server, Client) {
    let io = Server::builder()
        .parser(codec)
        .namespace("/", namespace())
        .build();
    let address = serve(&io).await;
    let client = Client::open(address).await;
    (io, client)
}

// parity: 2.N9 3.8
#[tokio::test]
async fn message_pack_in_and_out() {
    let (io, mut client) = start(Codec::MessagePack).await;
    client
        .send_binary(b"\x83\xa4type\x00\xa4data\x81\xa1n\x05\xa3nsp\xa1/")
        .await;
    let welcome = client.next_binary().await;
    assert!(welcome.starts_with(b"\x83\xa4type\x00\xa4data\x81\xa3sid\xb4"));
    let auth = client.next_binary().await;
    assert_eq!(
        auth,
        b"\x83\xa4type\x02\xa4data\x92\xa4auth\x81\xa1n\x05\xa3nsp\xa1/"
    );

    client
        .send_binary(b"\x84\xa4type\x02\xa4data\x92\xa4file\x82\xa4name\xa1a\xa4data\xc4\x02\x01\x02\xa2id\x07\xa3nsp\xa1/")
        .await;
    assert_eq!(
        client.next_binary().await,
        b"\x84\xa2id\x07\xa4type\x03\xa4data\x91\x82\xa4name\xa1a\xa4data\xc4\x02\x01\x02\xa3nsp\xa1/"
    );
    client
        .send_binary(
            b"\x84\xa4type\x02\xa4data\x92\xa3raw\x92\x01\xc4\x01\x02\xa2id\x08\xa3nsp\xa1/",
        )
        .await;
    assert_eq!(
        client.next_binary().await,
        b"\x84\xa2id\x08\xa4type\x03\xa4data\x91\x92\x01\x91\x02\xa3nsp\xa1/",
        "bytes are numbers in JSON"
    );
    client
        .send_binary(b"\x83\xa4type\x02\xa4data\x93\xa4pair\x01\xa1b\xa3nsp\xa1/")
        .await;
    assert_eq!(
        client.next_binary().await,
        b"\x83\xa4type\x02\xa4data\x93\xa4pair\xa1b\x01\xa3nsp\xa1/"
    );

    client.send("2[\"raw\",1]").await;
    client.assert_closed().await;
    assert_eq!(io.stats().malformed, 1);
}

#[tokio::test]
async fn a_refusal_in_message_pack() {
    let (_, mut client) = start(Codec::MessagePack).await;
    client.send_binary(b"\x82\xa4type\x00\xa3nsp\xa3/no").await;
    assert_eq!(
        client.next_binary().await,
        b"\x83\xa4type\x04\xa3nsp\xa3/no\xa4data\x81\xa7message\xb1Invalid namespace"
    );
}

/// Packets as words: `connect`, `event NAME JSON`, and nothing is answered. Bytes come as a
/// message of their own, and leave so.
#[derive(Debug)]
struct Words;

#[derive(Default)]
struct ReadWords(Option<OwnedArguments>);

impl Parser for Words {
    fn decoder(&self, _: Limits) -> Box<dyn ReadPackets> {
        Box::new(ReadWords::default())
    }

    fn encode(&self, packet: &Packet<'_>, to: &mut Messages<'_>) -> Result<(), EncodeError> {
        match packet {
            Packet::Connect { auth, .. } => to.text(&format!("welcome {}", auth.is_some())),
            Packet::Event(event) => to.text(&words("event", &event.name, &event.args)),
            Packet::Ack { args, .. } => match args.first::<File>() {
                Ok(file) => {
                    to.text(&file.name);
                    to.binary(&file.data);
                }
                Err(_) => to.text(&words("answer", "", args)),
            },
            _ => return Err(EncodeError::Refused("no word for it")),
        }
        Ok(())
    }
}

fn words(kind: &str, name: &str, args: &Arguments<'_>) -> String {
    format!("{kind} {name} {}", args.json())
}

impl ReadPackets for ReadWords {
    fn text<'a>(&'a mut self, text: &'a str) -> Result<Option<Packet<'a>>, DecodeError> {
        if text == "connect" {
            return Ok(Some(Packet::Connect {
                namespace: "/",
                auth: None,
            }));
        }
        let mut words = text.splitn(3, ' ');
        let (Some("event"), Some(name), Some(json)) = (words.next(), words.next(), words.next())
        else {
            return Err(DecodeError::Refused("unknown word"));
        };
        let json = RawJson::new(json)?;
        let args = OwnedArguments::new(&json).map_err(|_| DecodeError::InvalidPayload)?;
        let args = self.0.insert(args).borrow();
        Ok(Some(Packet::Event(Event::new("/", None, name, args)?)))
    }

    fn binary<'a>(&'a mut self, data: &'a [u8]) -> Result<Option<Packet<'a>>, DecodeError> {
        let file = File {
            name: "unnamed".into(),
            data: Bytes::copy_from_slice(data),
        };
        let args = OwnedArguments::new(&file).map_err(|_| DecodeError::InvalidPayload)?;
        let args = self.0.insert(args).borrow();
        Ok(Some(Packet::Event(Event::new("/", Some(1), "file", args)?)))
    }

    fn release(&mut self) {
        self.0 = None;
    }
}

// parity: 2.N9 2.S11
#[tokio::test]
async fn a_parser_of_ones_own() {
    let (io, mut client) = start(Words).await;
    client.send("connect").await;
    assert_eq!(client.next().await, "welcome true");
    assert_eq!(client.next().await, "event auth [null]");
    client.send("event raw 5").await;
    client.send_binary(&[7, 8]).await;
    assert_eq!(client.next().await, "unnamed");
    assert_eq!(client.next_binary().await, [7, 8]);

    client.send("event disconnect 5").await;
    client.assert_closed().await;
    assert_eq!(io.stats().malformed, 1);
}

#[tokio::test]
async fn what_a_parser_cannot_write_is_counted() {
    let (io, mut client) = start(Words).await;
    client.send("connect").await;
    client.next().await;
    client.next().await;
    let socket = io.of("/").sockets().pop().expect("a socket");
    socket.disconnect();
    support::client::eventually("the refusal is counted", || io.stats().encode_errors == 1).await;
}
