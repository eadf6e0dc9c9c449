//! The profiles of limits, and the page that is written from them.

mod support;

use sockeye::{Namespace, Profile, Server};
use support::{Client, serve, with_sync};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/limits.md");

const INTRODUCTION: &str = "\
# Limits

`Server::with_profile(Profile::Strict)` begins with one of these columns, `Server::builder()` with the first; options of the
same names change one of them. What a limit does is counted in `io.stats()`, under the name in the table.

This page is written by the test `limits` of `crates/server` from `sockeye::Profile`; `SOCKEYE_BLESS=1 cargo test -p sockeye
--test limits` writes it again.

";

#[test]
fn the_page_says_what_the_code_does() {
    let page = format!("{INTRODUCTION}{}", Profile::table());
    if std::env::var_os("SOCKEYE_BLESS").is_some() {
        std::fs::write(PAGE, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(PAGE).expect("docs/limits.md is there");
    assert_eq!(written, page, "write it again with SOCKEYE_BLESS=1");
}

#[test]
fn each_profile_differs_from_the_standard_in_what_it_is_for() {
    let [standard, strict, compat] = Profile::ALL.map(Profile::limits);
    assert_eq!(Profile::default().limits(), standard);
    assert!(strict.max_payload < standard.max_payload);
    assert!(strict.send_limit < standard.send_limit);
    assert!(strict.max_namespaces < standard.max_namespaces);
    assert!(strict.connect_timeout < standard.connect_timeout);
    assert!(strict.rate_limit.is_some() && compat.rate_limit.is_none());
    assert_eq!(
        compat.max_payload, standard.max_payload,
        "the reference has it"
    );
    assert_eq!(compat.max_attachments, 10, "the reference has it");
    assert_eq!(compat.send_limit, usize::MAX, "the reference has none");
}

// parity: 3.2 3.3 3.7
#[tokio::test]
async fn the_profile_is_in_force_and_options_change_it() {
    let io = Server::with_profile(Profile::Strict)
        .namespace("/", with_sync(Namespace::new()))
        .dynamic("/n/{n}", Namespace::new())
        .max_payload(1000)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    for n in 1..32 {
        client.connect(&format!("/n/{n}"), "").await;
    }
    assert_eq!(
        client.ask("0/n/32,").await,
        r#"4/n/32,{"message":"too many namespaces"}"#
    );
    client.send(&format!(r#"2["{}"]"#, "x".repeat(200))).await;
    client.assert_quiet().await;
    client
        .send(&format!(r#"2["e","{}"]"#, "x".repeat(1000)))
        .await;
    assert_eq!(client.socket.closed().await, Some(Some(1009)));
    assert_eq!(io.stats().namespace_limit, 1);
    // All of an event's worth of tokens at once, and then no more.
    let (mut hasty, _) = Client::join(address).await;
    for _ in 0..200 {
        hasty.send(r#"2["unheard"]"#).await;
    }
    assert_eq!(
        hasty.ask(r#"27["unheard"]"#).await,
        r#"37[{"error":"rate limited"}]"#
    );
}
