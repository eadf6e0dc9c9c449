//! What runs around the handlers of events.

mod support;

use std::sync::{Arc, Mutex};

use sockeye::{
    EventCall, HandlerError, Namespace, Next, Outcome, Reply, Server, parser::OwnedArguments,
};
use support::{Client, Sockets, client::eventually, start};

type Outcomes = Arc<Mutex<Vec<(String, Outcome)>>>;

/// Handlers of every kind, with a middleware that writes down how they end.
fn observed() -> (Namespace, Outcomes) {
    let outcomes = Outcomes::default();
    let seen = Arc::clone(&outcomes);
    let namespace = Namespace::new()
        .middleware(async move |event: EventCall, next: Next| {
            let name = event.name().to_owned();
            let outcome = next.run(event).await;
            if name != "sync" {
                seen.lock().expect("no panic").push((name, outcome.clone()));
            }
            outcome
        })
        .on("good", async |n: u8| Reply(n))
        .on("slow", async |n: u8| {
            tokio::task::yield_now().await;
            Reply(n)
        })
        .on("bad", async || Err::<(), _>("no"))
        .on("slow bad", async || {
            tokio::task::yield_now().await;
            Err::<(), _>("no, after a while")
        })
        .on("panic", async || {
            assert!(std::hint::black_box(false), "a mistake");
        });
    (namespace, outcomes)
}

// parity: 5.4
#[tokio::test]
async fn it_sees_how_each_event_ends() {
    let (namespace, outcomes) = observed();
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    assert_eq!(client.ask(r#"20["good",1]"#).await, "30[1]");
    assert_eq!(client.ask(r#"21["slow",2]"#).await, "31[2]");
    assert_eq!(client.ask(r#"22["bad"]"#).await, r#"32[{"error":"no"}]"#);
    assert_eq!(
        client.ask(r#"23["slow bad"]"#).await,
        r#"33[{"error":"no, after a while"}]"#
    );
    assert_eq!(
        client.ask(r#"24["panic"]"#).await,
        r#"34[{"error":"internal"}]"#
    );
    let invalid = client.ask(r#"25["good","text"]"#).await;
    assert!(invalid.starts_with(r#"35[{"error":"#), "{invalid}");
    client.send(r#"26["unheard"]"#).await;
    client.assert_quiet().await;
    let outcomes = outcomes.lock().expect("no panic");
    let ends: Vec<_> = outcomes
        .iter()
        .map(|(name, end)| (name.as_str(), end))
        .collect();
    let [
        good,
        slow,
        bad,
        slow_bad,
        panicked,
        (_, Outcome::Invalid(_)),
        unheard,
    ] = &ends[..]
    else {
        panic!("{ends:?}");
    };
    assert_eq!(good, &("good", &Outcome::Handled));
    assert_eq!(slow, &("slow", &Outcome::Handled));
    assert_eq!(bad, &("bad", &Outcome::Failed("no".into())));
    assert_eq!(
        slow_bad,
        &("slow bad", &Outcome::Failed("no, after a while".into()))
    );
    assert_eq!(panicked, &("panic", &Outcome::Panicked));
    assert_eq!(unheard, &("unheard", &Outcome::Unhandled));
    let stats = io.stats();
    assert_eq!((stats.handler_errors, stats.handler_panics), (2, 1));
    assert_eq!((stats.invalid_arguments, stats.unhandled), (1, 1));
}

// parity: 5.4 5.12
#[tokio::test]
async fn one_that_refuses_runs_no_handler_and_is_told() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&errors);
    let namespace = Namespace::new()
        .middleware(async |event: EventCall, next: Next| match event.name() {
            "admin" => Outcome::Refused("not for you".to_owned()),
            "after" => {
                next.run(event).await;
                Outcome::Refused("too late".to_owned())
            }
            "panic" => panic!("a mistake"),
            _ => next.run(event).await,
        })
        .on("admin", async || Reply("secret"))
        .on("after", async || Reply("done"))
        .on("open", async || Reply("open"))
        .on_error(move |_, error: &HandlerError<'_>| {
            told.lock().expect("no panic").push(error.to_string());
        });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    assert_eq!(
        client.ask(r#"20["admin"]"#).await,
        r#"30[{"error":"not for you"}]"#
    );
    assert_eq!(client.ask(r#"21["open"]"#).await, r#"31["open"]"#);
    client.send(r#"2["admin"]"#).await;
    assert_eq!(
        client.ask(r#"22["after"]"#).await,
        r#"32["done"]"#,
        "what is acknowledged stays so"
    );
    assert_eq!(
        client.ask(r#"23["panic"]"#).await,
        r#"33[{"error":"internal"}]"#
    );
    client.assert_quiet().await;
    assert_eq!(
        (io.stats().refused_events, io.stats().handler_panics),
        (3, 1)
    );
    assert_eq!(
        *errors.lock().expect("no panic"),
        [
            "refused: not for you",
            "refused: not for you",
            "refused: too late",
            "handler panicked"
        ]
    );
}

#[tokio::test]
async fn they_are_nested_and_those_of_a_socket_are_innermost() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let layer = |name: &'static str| {
        let order = Arc::clone(&order);
        async move |mut event: EventCall, next: Next| {
            if event.name() == "sync" {
                return next.run(event).await;
            }
            let n: u32 = event.first().expect("a number");
            event.set_arguments(OwnedArguments::new(&(n * 10)).expect("a number"));
            order.lock().expect("no panic").push(format!("{name} {n}"));
            let outcome = next.run(event).await;
            order.lock().expect("no panic").push(format!("{name} ends"));
            outcome
        }
    };
    let namespace = Namespace::new()
        .middleware(layer("outer"))
        .middleware(layer("inner"))
        .on("n", async |n: u32| Reply(n));
    let (namespace, mut sockets) = Sockets::of(namespace);
    let (_, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    sockets.next().await.middleware(layer("socket"));
    assert_eq!(client.ask(r#"20["n",1]"#).await, "30[1000]");
    assert_eq!(
        *order.lock().expect("no panic"),
        [
            "outer 1",
            "inner 10",
            "socket 100",
            "socket ends",
            "inner ends",
            "outer ends"
        ]
    );
}

#[tokio::test]
async fn the_order_of_events_is_kept_and_a_sequential_namespace_waits() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&order);
    let namespace = Namespace::new()
        .middleware(async |event: EventCall, next: Next| {
            tokio::task::yield_now().await;
            next.run(event).await
        })
        .on("n", async move |n: u32| {
            written.lock().expect("no panic").push(n);
        })
        .sequential();
    let io = Server::builder().namespace("/", namespace).build();
    let address = support::serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    for n in 0..300 {
        client.send(&format!(r#"2["n",{n}]"#)).await;
    }
    eventually("all are handled", || {
        order.lock().expect("no panic").len() == 300
    })
    .await;
    assert!(order.lock().expect("no panic").is_sorted());
}
