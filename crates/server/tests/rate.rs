//! The rate limit of a socket's events.

mod support;

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sockeye::{HandlerError, Namespace, RateLimit, Reply, Server};
use support::{Client, Sockets, client::within, serve};

const ONE: NonZeroU32 = NonZeroU32::MIN;

#[tokio::test]
async fn what_is_beyond_it_is_refused_and_told_and_then_the_client_has_to_go() {
    let errors = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&errors);
    let namespace = Namespace::new()
        .on("n", async |n: u8| Reply(n))
        .on_error(move |_, error| {
            assert!(matches!(error, HandlerError::RateLimited), "{error}");
            told.fetch_add(1, Ordering::SeqCst);
        });
    let (namespace, mut sockets) = Sockets::of(namespace);
    let limit = RateLimit::per_second(ONE).burst(3).tolerance(4);
    let io = Server::builder()
        .namespace("/", namespace)
        .rate_limit(limit)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    for n in 0..3 {
        let answer = client.ask(&format!(r#"2{n}["n",{n}]"#)).await;
        assert_eq!(answer, format!("3{n}[{n}]"));
    }
    // Acknowledgements cost nothing.
    for n in 0..10 {
        let asked = socket.emit_with_ack::<u8>("q", ());
        client.next().await;
        client.send(&format!("3{n}[1]")).await;
        within("an answer", asked).await.expect("it came");
    }
    assert_eq!(
        client.ask(r#"27["n",1]"#).await,
        r#"37[{"error":"rate limited"}]"#
    );
    for _ in 0..3 {
        client.send(r#"2["n",1]"#).await;
    }
    client.send(r#"28["n",1]"#).await;
    client.assert_closed().await;
    assert_eq!(socket.closed().await.as_str(), "rate limited");
    assert_eq!(
        (io.stats().rate_limited, errors.load(Ordering::SeqCst)),
        (5, 4)
    );
}
