//! Options that contradict one another, or that nothing can be done with: each is refused with a sentence that
//! says what to change.

use std::time::Duration;

use sockeye::{
    Codec, ConfigError, Cookie, Deflate, InMemory, Recovery, Server, ServerBuilder, SocketId,
    Transport,
};
use tokio::net::TcpListener;

fn refused(builder: ServerBuilder) -> ConfigError {
    builder.try_build().expect_err("it is refused")
}

#[test]
fn what_is_for_one_transport_needs_it() {
    let deflate = Server::builder()
        .transports([Transport::Polling])
        .per_message_deflate(Deflate::new());
    assert_eq!(refused(deflate), ConfigError::DeflateWithoutWebSocket);
    let cookie = Server::builder()
        .transports([Transport::WebSocket])
        .cookie(Cookie::new("io"));
    assert_eq!(refused(cookie), ConfigError::CookieWithoutPolling);
}

#[test]
fn what_would_be_overridden_is_refused() {
    let deflate = Deflate::new().server_no_context_takeover(false);
    let error = refused(Server::builder().per_message_deflate(deflate));
    assert_eq!(error, ConfigError::ServerContext);
    let error = refused(Server::builder().eio3_from_any_address(true));
    assert_eq!(error, ConfigError::AnyAddressWithoutEio3);
    assert!(error.to_string().contains("`allow_eio3(true)`"), "{error}");
    let both = Server::builder()
        .eio3_from_any_address(true)
        .allow_eio3(true);
    both.try_build().expect("they go together");
}

#[test]
fn zero_is_refused_by_its_name() {
    let zero = Duration::ZERO;
    let recovering = |recovery| Server::builder().connection_state_recovery(recovery);
    for (name, builder) in [
        ("shards", Server::builder().shards(0)),
        ("connect_timeout", Server::builder().connect_timeout(zero)),
        ("body_timeout", Server::builder().body_timeout(zero)),
        ("stall_timeout", Server::builder().stall_timeout(zero)),
        ("outbox_budget", Server::builder().outbox_budget(0)),
        ("max_namespaces", Server::builder().max_namespaces(0)),
        ("max_pending_acks", Server::builder().max_pending_acks(0)),
        ("max_waiting_bytes", Server::builder().max_waiting_bytes(0)),
        (
            "Recovery::max_disconnection",
            recovering(Recovery::new().max_disconnection(zero)),
        ),
        (
            "Recovery::max_log_bytes",
            recovering(Recovery::new().max_log_bytes(0)),
        ),
        (
            "Recovery::max_sessions",
            recovering(Recovery::new().max_sessions(0)),
        ),
    ] {
        let error = refused(builder);
        assert_eq!(error, ConfigError::Zero(name));
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_function_is_given_once() {
    let twice = |give: fn(ServerBuilder) -> ServerBuilder| give(give(Server::builder()));
    for (name, builder) in [
        (
            "allow_request",
            twice(|builder| builder.allow_request(|_| async { Ok::<(), &str>(()) })),
        ),
        (
            "generate_id",
            twice(|builder| {
                builder.generate_id(|_| async { SocketId::with_prefix("a").ok_or("too long") })
            }),
        ),
        ("headers", twice(|builder| builder.headers(|_, _| {}))),
        (
            "initial_headers",
            twice(|builder| builder.initial_headers(|_, _| {})),
        ),
        (
            "on_connection_error",
            twice(|builder| builder.on_connection_error(|_| {})),
        ),
        (
            "on_namespace",
            twice(|builder| builder.on_namespace(|_| {})),
        ),
        (
            "parser",
            twice(|builder| builder.parser(Codec::MessagePack)),
        ),
        ("adapter", twice(|builder| builder.adapter(InMemory::new))),
    ] {
        assert_eq!(refused(builder), ConfigError::Twice(name));
    }
    // Of plain values the last one counts, as in any builder.
    let values = twice(|builder| builder.max_payload(1000).cookie(Cookie::new("io")));
    values.try_build().expect("a server");
}

#[test]
fn the_budget_of_all_queues_is_more_than_the_log() {
    let recovery = || Recovery::new().max_log_bytes(1000);
    let builder = |budget| {
        Server::builder()
            .outbox_budget(budget)
            .connection_state_recovery(recovery())
    };
    assert_eq!(refused(builder(1000)), ConfigError::BudgetWithinLog);
    builder(1001).try_build().expect("they go together");
}

#[test]
fn volatile_events_leave_room_for_the_others() {
    let builder = |bytes| Server::builder().send_limit(1000).volatile_limit(bytes);
    let error = refused(builder(501));
    assert_eq!(error, ConfigError::VolatileLimit);
    assert!(error.to_string().contains("`send_limit`"), "{error}");
    builder(500).try_build().expect("they go together");
}

#[tokio::test]
async fn a_listener_that_could_serve_nobody_is_refused() {
    let io = Server::builder().build();
    let listen = async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        io.serve(listener)
    };
    for (serve, error) in [
        (
            listen().await.max_connections(0),
            ConfigError::Zero("max_connections"),
        ),
        (
            listen().await.head_timeout(Duration::ZERO),
            ConfigError::Zero("head_timeout"),
        ),
        (listen().await.max_head(8191), ConfigError::HeadTooSmall),
    ] {
        assert_eq!(serve.check(), Err(error.clone()));
        let awaited = serve.await.expect_err("it is refused");
        assert_eq!(awaited.to_string(), error.to_string());
    }
}
