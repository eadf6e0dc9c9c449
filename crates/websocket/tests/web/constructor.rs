//! "The WebSocket interface": new WebSocket(url, protocols), and the getters of what it sets.

use sockeye_websocket::client::UrlError;
use sockeye_websocket::web::{BinaryType, OpenError, Protocols, WebSocket};

use super::log::Log;
use super::server;

async fn refused(url: &str, protocols: impl Into<Protocols>) -> OpenError {
    WebSocket::new(url, protocols).expect_err(url)
}

/// Constructor, steps 2 and 3: a URL that cannot be parsed is a SyntaxError. Step 1 gives no base
/// URL outside of a page, so a relative one cannot be parsed.
#[tokio::test]
async fn urls_that_are_none() {
    for url in [
        "",
        "foo",
        "/chat",
        "ws://h:99999/",
        "ws://a b/",
        "ws://[::1/",
    ] {
        let error = refused(url, ()).await;
        assert!(
            matches!(error, OpenError::Url(UrlError::Invalid(_))),
            "{url}: {error:?}"
        );
        assert_eq!(error.name(), Some("SyntaxError"));
    }
    assert_eq!(refused("ws://", ()).await, UrlError::NoHost.into());
}

/// Constructor, steps 4 and 5: `http` and `https` become `ws` and `wss`. Step 10 and the getter of
/// `url`: it is the URL record, serialised.
#[tokio::test]
async fn urls_as_they_are_understood() {
    for (url, record) in [
        ("http://127.0.0.1:1/a?b", "ws://127.0.0.1:1/a?b"),
        ("https://127.0.0.1:1", "wss://127.0.0.1:1/"),
        ("http://localhost:80", "ws://localhost/"),
        ("https://localhost:80", "wss://localhost:80/"),
        ("WS://LOCALHOST:80/x y", "ws://localhost/x%20y"),
        ("wss://localhost:443/\u{e4}", "wss://localhost/%C3%A4"),
        ("ws://u:p@127.0.0.1:1/", "ws://u:p@127.0.0.1:1/"),
        (" ws://127.0.0.1:1/ ", "ws://127.0.0.1:1/"),
    ] {
        let socket = WebSocket::new(url, ()).expect(url);
        assert_eq!(socket.url(), record);
    }
}

/// Constructor, step 6: another scheme is a SyntaxError.
#[tokio::test]
async fn other_schemes() {
    for scheme in ["ftp", "file", "blob", "wsss", "localhost"] {
        let error = refused(&format!("{scheme}://h/"), ()).await;
        assert_eq!(error, UrlError::Scheme(scheme.to_owned()).into());
        assert_eq!(error.name(), Some("SyntaxError"));
    }
}

/// Constructor, step 7: a fragment, even an empty one, is a SyntaxError.
#[tokio::test]
async fn fragments() {
    for url in ["ws://h/#", "ws://h/#a", "http://h/?a#"] {
        let error = refused(url, ()).await;
        assert_eq!(error, UrlError::Fragment.into(), "{url}");
        assert_eq!(error.name(), Some("SyntaxError"));
    }
}

/// Constructor, step 8: a string is a list of one.
#[tokio::test]
async fn a_string_is_a_list_of_one() {
    assert_eq!(Protocols::from("chat"), Protocols::from(["chat"]));
    assert_eq!(
        Protocols::from("chat".to_owned()),
        Protocols::from(vec!["chat"])
    );
    assert_eq!(
        Protocols::from(&["a", "b"][..]),
        Protocols::from(["a", "b"])
    );
    assert_eq!(Protocols::from(()).names(), <[String; 0]>::default());
    // So this is one name, and not two.
    let error = refused("ws://127.0.0.1:1/", "a, b").await;
    assert_eq!(error, OpenError::InvalidProtocol("a, b".to_owned()));
}

/// Constructor, step 9: names that come twice, or are no tokens, are a SyntaxError.
#[tokio::test]
async fn subprotocols_that_cannot_be() {
    let url = "ws://127.0.0.1:1/";
    let error = refused(url, ["a", "b", "a"]).await;
    assert_eq!(error, OpenError::DuplicateProtocol("a".to_owned()));
    assert_eq!(error.name(), Some("SyntaxError"));
    for name in [
        "",
        " ",
        "a b",
        "a,",
        "a/b",
        "\"a\"",
        "a\t",
        "\u{e4}",
        "a\r\nb: c",
        "(a)",
    ] {
        let error = refused(url, ["fine", name]).await;
        assert_eq!(error, OpenError::InvalidProtocol(name.to_owned()));
        assert_eq!(error.name(), Some("SyntaxError"));
    }
    // Names are compared as they are.
    assert!(WebSocket::new(url, ["a", "A"]).is_ok());
    assert!(WebSocket::new(url, "!#$%&'*+-.^_`|~azAZ09").is_ok());
}

/// The checks come one after the other: the URL's before the subprotocols'.
#[tokio::test]
async fn the_url_is_checked_first() {
    let error = refused("ftp://h/#a", ["a", "a"]).await;
    assert_eq!(error, UrlError::Scheme("ftp".to_owned()).into());
    let error = refused("ws://h/#a", ["a", "a"]).await;
    assert_eq!(error, UrlError::Fragment.into());
}

/// Constructor, step 12: the connection is established in parallel, so the object comes first, and
/// it is as the standard says initially: CONNECTING (0), empty `protocol` and `extensions`,
/// nothing buffered, binary type "blob".
#[tokio::test]
async fn what_it_is_like_at_first() {
    let url = server::echo().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    assert_eq!(socket.ready_state(), 0);
    assert_eq!(socket.ready_state(), WebSocket::CONNECTING);
    assert_eq!(socket.url(), url);
    assert_eq!(socket.protocol(), "");
    assert_eq!(socket.extensions(), "");
    assert_eq!(socket.buffered_amount(), 0);
    assert_eq!(socket.binary_type(), BinaryType::Blob);
    let mut log = Log::of(&socket);
    log.opened().await;
}

/// The four constants of the interface.
#[test]
fn constants() {
    let constants = [
        WebSocket::CONNECTING,
        WebSocket::OPEN,
        WebSocket::CLOSING,
        WebSocket::CLOSED,
    ];
    assert_eq!(constants, [0, 1, 2, 3]);
}

/// The getter and the setter of `binaryType`.
#[tokio::test]
async fn binary_type() {
    let socket = WebSocket::new("ws://127.0.0.1:1/", ()).expect("an object");
    socket.set_binary_type(BinaryType::ArrayBuffer);
    assert_eq!(socket.binary_type(), BinaryType::ArrayBuffer);
    socket.set_binary_type(BinaryType::Blob);
    assert_eq!(socket.binary_type(), BinaryType::Blob);
}

/// Rust's own: there has to be a runtime. It stands for the page's settings object of constructor,
/// step 11, which there is none of here.
#[test]
fn without_a_runtime() {
    let error = WebSocket::new("ws://127.0.0.1:1/", ()).expect_err("no runtime");
    assert_eq!(error, OpenError::NoRuntime);
    assert_eq!(error.name(), None);
    let error = WebSocket::new("nothing", ()).expect_err("no URL either");
    assert_eq!(error.name(), Some("SyntaxError"));
}

/// Rust's own: when the runtime ends, so does the connection, and the handlers are dropped.
#[test]
fn when_the_runtime_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (socket, mut log) = runtime.block_on(async {
        let socket = WebSocket::new(server::echo().await, ()).expect("an object");
        let mut log = Log::of(&socket);
        log.opened().await;
        (socket, log)
    });
    drop(runtime);
    assert_eq!(socket.ready_state(), WebSocket::CLOSED);
    assert_eq!(socket.send("nobody"), Ok(()));
    assert_eq!(socket.buffered_amount(), 6);
    let rest = futures_util::FutureExt::now_or_never(async { log.events_left().await });
    assert_eq!(rest, Some(0));
}
