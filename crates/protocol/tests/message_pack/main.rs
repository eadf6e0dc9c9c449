//! MessagePack beside `socket.io-msgpack-parser`: the same bytes, the same verdicts.

mod adversarial;
mod types;
mod vectors;

use sockeye_protocol::{
    Arguments, Codec, DecodeError, Decoder, EncodeError, Encoded, Encoder, Limits, OwnedArguments,
    Packet, Payload,
};

fn decoder() -> Decoder {
    Codec::MessagePack.decoder(Limits::default())
}

fn encoder() -> Encoder {
    Codec::MessagePack.encoder(14)
}

fn bytes(packet: Result<Encoded<'_>, EncodeError>) -> Vec<u8> {
    let packet = packet.expect("has a form");
    assert!(packet.is_binary());
    assert!(packet.start() >= 14);
    assert_eq!(packet.attachment_count(), 0);
    packet.message().to_vec()
}

fn refused(message: &[u8]) -> DecodeError {
    match decoder().binary(message) {
        Err(error) => error,
        Ok(packet) => panic!("{packet:?}"),
    }
}

/// The arguments of an event, which has no others in front of it, or of an answer.
fn arguments<T>(message: &[u8], read: impl FnOnce(&Arguments<'_>) -> T) -> T {
    match decoder().binary(message) {
        Ok(Some(Packet::Event(event))) => read(&event.args),
        Ok(Some(Packet::Ack { args, .. })) => read(&args),
        other => panic!("{other:?}"),
    }
}

/// What was sent, as it arrives.
fn sent<P: Payload + ?Sized>(payload: &P) -> OwnedArguments {
    let message = bytes(encoder().event("/", None, "e", payload));
    arguments(&message, |args| args.to_owned())
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
