//! What a packet costs: `cargo bench -p sockeye-protocol`.
#![expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::hint::black_box;
use std::time::Instant;

use serde::de::IgnoredAny;
use sockeye_protocol::{Decoder, Encoder, Limits, Packet, RawJson};

/// Prints the best of several rounds: what is left when nothing else disturbs.
fn measure(what: &str, mut work: impl FnMut()) {
    const ROUNDS: u32 = 30;
    const TIMES: u32 = 20_000;
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..TIMES {
            work();
        }
        best = best.min(started.elapsed().as_nanos() as f64 / f64::from(TIMES));
    }
    println!("{best:8.1} ns  {what}");
}

/// An object of about 1 KiB, as applications send them: short names, some text, some numbers.
fn object() -> String {
    let member = |n: u32| {
        format!(
            r#"{{"id":{},"name":"user number {n}","active":true,"score":{}.25,"tags":["a","bc"]}}"#,
            n * 1017,
            n * 3
        )
    };
    let members: Vec<_> = (0..12).map(member).collect();
    format!(r#"{{"members":[{}]}}"#, members.join(","))
}

fn main() {
    let small = format!(r#"21["echo","{}"]"#, "x".repeat(32));
    let mut decoder = Decoder::new(Limits::default());
    measure("decode an event of 32 B, read a String", || {
        let Ok(Some(Packet::Event(event))) = decoder.text(black_box(&small)) else {
            return;
        };
        black_box(event.args.first::<String>().ok());
    });
    measure("decode an event of 32 B", || {
        black_box(decoder.text(black_box(&small)).ok());
    });

    let object = object();
    let large = format!(r#"2["e",{object}]"#);
    println!("             (the object has {} B)", object.len());
    measure("decode an event of 1 KiB, take it as RawJson", || {
        let Ok(Some(Packet::Event(event))) = decoder.text(black_box(&large)) else {
            return;
        };
        black_box(event.args.first_raw());
    });
    measure("check 1 KiB of JSON by serde_json, for comparison", || {
        black_box(serde_json::from_str::<IgnoredAny>(black_box(&large[1..])).ok());
    });

    let text = "x".repeat(1024);
    let long = format!(r#"2["e","{text}"]"#);
    measure(
        "decode an event of one string of 1 KiB, take it as RawJson",
        || {
            let Ok(Some(Packet::Event(event))) = decoder.text(black_box(&long)) else {
                return;
            };
            black_box(event.args.first_raw());
        },
    );

    let mut encoder = Encoder::new(14);
    let payload = "x".repeat(32);
    measure("encode an answer of 32 B", || {
        black_box(encoder.ack("/", black_box(1), black_box(&payload)).ok());
    });
    let Ok(raw) = RawJson::new(&object) else {
        return;
    };
    measure("encode an answer of 1 KiB from RawJson", || {
        black_box(encoder.ack("/", black_box(1), black_box(&raw)).ok());
    });
    let bytes = bytes::Bytes::from(vec![7; 1024]);
    measure("encode an answer of 1 KiB of bytes", || {
        black_box(encoder.ack("/", black_box(1), black_box(&bytes)).ok());
    });
    let upload = r#"51-1["e",{"data":{"_placeholder":true,"num":0}}]"#;
    measure("decode an event with an attachment of 1 KiB", || {
        black_box(decoder.text(black_box(upload)).ok());
        black_box(decoder.binary(black_box(&bytes)).ok());
    });
}
