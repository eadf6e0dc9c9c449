//! Packets of Socket.IO.

use sockeye::{Codec, Namespace, Server};

use crate::support::{Client, scene::Scene, serve};

#[tokio::test]
async fn cve_2020_36049_fields_as_long_as_a_message() {
    let mut scene = Scene::new().await;
    for packet in [
        format!("5{}", "1".repeat(900_000)),
        format!("0/{}", "a".repeat(900_000)),
        format!("2{}", "1".repeat(900_000)),
    ] {
        scene.assert_malformed(&[&packet], &[]).await;
    }
}

#[tokio::test]
async fn cve_2022_2421_placeholders_that_point_nowhere() {
    let mut scene = Scene::new().await;
    for num in [
        "\"splice\"",
        "1",
        "-1",
        "0.5",
        "1e9",
        "null",
        "{}",
        "\"0\"",
        "99999999999999999999",
    ] {
        let packet = format!(r#"51-["bytes",{{"_placeholder":true,"num":{num}}}]"#);
        scene.assert_malformed(&[&packet], &[b"x"]).await;
    }
    scene
        .assert_malformed(&[r#"51-["bytes",{"_placeholder":true}]"#], &[b"x"])
        .await;
}

#[tokio::test]
async fn cve_2023_32695_an_event_whose_name_is_an_object() {
    let mut scene = Scene::new().await;
    scene
        .assert_malformed(&[r#"2[{"toString":"foo"}]"#], &[])
        .await;
    scene
        .assert_malformed(&[r#"2[{"toString":"foo"},1]"#], &[])
        .await;
    scene
        .assert_malformed(&[r#"51-[{"_placeholder":true,"num":0}]"#], &[b"error"])
        .await;
}

#[tokio::test]
async fn cve_2024_38355_an_error_event_without_a_handler() {
    let mut scene = Scene::new().await;
    let mut client = scene.victim().await;
    for name in [
        "error",
        "connection",
        "message",
        "toString",
        "__proto__",
        "constructor",
    ] {
        client.send(&format!(r#"2["{name}",1]"#)).await;
    }
    client.assert_quiet().await;
    assert_eq!(scene.io.stats().unhandled, 6);
    drop(client);
    assert_eq!(scene.reason().await, "transport close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_33151_more_attachments_than_ten() {
    let mut scene = Scene::new().await;
    for n in ["11", "1000000", "4294967297", "99999999999999999999999"] {
        // Refused at the header: no attachment is waited for.
        scene
            .assert_malformed(&[&format!(r#"5{n}-["bytes"]"#)], &[])
            .await;
        scene.assert_malformed(&[&format!("6{n}-1[]")], &[]).await;
    }
    let mut client = scene.victim().await;
    let ten: Vec<String> = (0..10)
        .map(|num| format!(r#"{{"_placeholder":true,"num":{num}}}"#))
        .collect();
    client
        .send(&format!(r#"510-1["echo2",{}]"#, ten.join(",")))
        .await;
    for _ in 0..10 {
        client.send_binary(b"x").await;
    }
    client.assert_quiet().await;
    assert_eq!(scene.io.stats().unhandled, 1, "ten are the limit");
}

#[tokio::test]
async fn cve_2026_48804_attachments_that_accumulate() {
    let builder = Server::builder()
        .max_payload(4_000_000)
        .max_attachment_bytes(10_000_000);
    let mut scene = Scene::with(builder).await;
    let mut client = scene.victim().await;
    client.send(r#"54-["bytes"]"#).await;
    for _ in 0..3 {
        client.send_binary(&vec![0; 3_900_000]).await;
    }
    client.assert_closed().await;
    assert_eq!(scene.io.stats().malformed, 1);
    assert_eq!(scene.reason().await, "forced close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_69185_no_attachments_announced_and_endless_ones_sent() {
    let mut scene = Scene::new().await;
    scene.assert_malformed(&[r#"50-["bytes"]"#], &[]).await;
    scene.assert_malformed(&["5-[\"bytes\"]"], &[]).await;
    scene.assert_malformed(&["60-1[]"], &[]).await;
    scene
        .assert_malformed(&[], &[b"nobody announced this"])
        .await;
    scene
        .assert_malformed(
            &[
                r#"51-["bytes",{"_placeholder":true,"num":0}]"#,
                r#"2["echo"]"#,
            ],
            &[],
        )
        .await;
}

#[tokio::test]
async fn phoenix_95277e644_joining_without_end() {
    let mut scene = Scene::with(
        Server::builder()
            .dynamic("/n/{n}", Namespace::new())
            .max_namespaces(5),
    )
    .await;
    let mut client = scene.victim().await;
    for n in 1..5 {
        client.connect(&format!("/n/{n}"), "").await;
    }
    let refused = client.ask("0/n/5,").await;
    assert_eq!(refused, r#"4/n/5,{"message":"too many namespaces"}"#);
    drop(client);
    assert_eq!(scene.reason().await, "transport close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_48109_and_ghsa_qjvr_435c_5fjh_counts_that_are_only_announced() {
    let io = Server::builder()
        .parser(Codec::MessagePack)
        .namespace("/", Namespace::new())
        .build();
    let address = serve(&io).await;
    // A list, a map, bytes and a text of four billion; an extension, as compressed ones are, too.
    for (n, head) in [b"\xdd", b"\xdf", b"\xc6", b"\xdb", b"\xc9"]
        .into_iter()
        .enumerate()
    {
        let mut client = Client::open(address).await;
        let connect = b"\x82\xa4type\x00\xa3nsp\xa1/";
        client.send_binary(connect).await;
        client.next_binary().await;
        let mut event = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1e".to_vec();
        event.extend_from_slice(head);
        event.extend_from_slice(&[0xff; 4]);
        client.send_binary(&event).await;
        client.assert_closed().await;
        assert_eq!(io.stats().malformed, n as u64 + 1, "{head:x?}");
    }
}
