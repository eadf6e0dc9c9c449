//! Redirects, which are followed only if that is asked for.

use http::StatusCode;
use sockeye_websocket::client::{ConnectError, Connector, UrlError, connect};

use crate::server::{Server, opening, value};

fn redirect(status: u16, location: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} x\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

/// Redirects everything but `/end`, which is a WebSocket.
async fn to_end(status: u16, location: &'static str) -> Server {
    Server::start(move |head| {
        if head.starts_with("GET /end ") {
            opening(head, "")
        } else {
            redirect(status, location)
        }
    })
    .await
}

#[tokio::test]
async fn refused_by_default() {
    let server = to_end(307, "/end").await;
    let error = connect(server.url()).await.expect_err("a redirect");
    assert_eq!(
        error.to_string(),
        "the server redirects to /end (status 307); redirects are not followed by default"
    );
    assert_eq!(error.status(), Some(StatusCode::TEMPORARY_REDIRECT));
    assert!(
        matches!(&error, ConnectError::Redirect { status, location }
            if *status == 307 && location == "/end"),
        "{error:?}"
    );
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn each_kind_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let server = to_end(status, "/end").await;
        let connected = Connector::new()
            .max_redirects(1)
            .connect(format!("ws://{}/a/b?c", server.address))
            .await
            .expect("open");
        assert_eq!(connected.url.path(), "/end");
        let heads = server.heads();
        assert_eq!(heads.len(), 2, "{status}");
        assert!(heads[1].starts_with("GET /end HTTP/1.1\r\n"));
        assert_ne!(
            value(&heads[0], "sec-websocket-key"),
            value(&heads[1], "sec-websocket-key")
        );
    }
}

#[tokio::test]
async fn what_is_no_redirect() {
    let following = Connector::new().max_redirects(5);
    for status in [300, 304, 305, 306, 201] {
        let server = to_end(status, "/end").await;
        let error = following.connect(server.url()).await.expect_err("refused");
        assert!(
            matches!(&error, ConnectError::Refused(response) if response.status() == status),
            "{status}: {error:?}"
        );
    }
    let server = Server::start(|_| b"HTTP/1.1 302 Found\r\n\r\n".to_vec()).await;
    let error = following.connect(server.url()).await.expect_err("refused");
    assert!(
        matches!(&error, ConnectError::Refused(response) if response.status() == 302),
        "{error:?}"
    );
}

#[tokio::test]
async fn relative_and_absolute() {
    // From ws://HOST/rooms/one?x
    for (location, path) in [
        ("two", "/rooms/two"),
        ("../hall", "/hall"),
        ("?y", "/rooms/one?y"),
        ("/a b", "/a%20b"),
    ] {
        let server = Server::start(move |head| {
            if head.starts_with("GET /rooms/one?x ") {
                redirect(302, location)
            } else {
                opening(head, "")
            }
        })
        .await;
        Connector::new()
            .max_redirects(1)
            .connect(format!("ws://{}/rooms/one?x", server.address))
            .await
            .expect("open");
        let second = server.heads().remove(1);
        assert!(
            second.starts_with(&format!("GET {path} HTTP/1.1\r\n")),
            "{second}"
        );
    }
}

#[tokio::test]
async fn secrets_stay_at_their_origin() {
    let other = Server::start(|head| opening(head, "")).await;
    let away = format!("http://evil:pw@{}/end", other.address);
    let home = Server::start(move |head| {
        if head.starts_with("GET /inside ") {
            redirect(302, &away)
        } else {
            redirect(302, "/inside")
        }
    })
    .await;
    let connected = Connector::new()
        .header("X-Kept", "1")
        .header("Cookie", "a=b")
        .cookie("c", "d")
        .header("Proxy-Authorization", "p")
        .max_redirects(2)
        .connect(format!("ws://user:password@{}/", home.address))
        .await
        .expect("open");
    assert_eq!(
        connected.url.as_str(),
        format!("ws://{}/end", other.address)
    );

    let heads = home.heads();
    for head in &heads {
        assert_eq!(
            value(head, "authorization"),
            Some("Basic dXNlcjpwYXNzd29yZA==")
        );
        assert_eq!(value(head, "cookie"), Some("a=b; c=d"));
    }
    assert_eq!(heads.len(), 2);
    let head = other.heads().remove(0);
    assert_eq!(value(&head, "x-kept"), Some("1"));
    for secret in ["authorization", "cookie", "proxy-authorization"] {
        assert_eq!(value(&head, secret), None, "{head}");
    }
}

#[tokio::test]
async fn coming_back_restores_nothing() {
    let server = Server::start(|head| {
        if head.starts_with("GET /back ") {
            opening(head, "")
        } else {
            let other = value(head, "x-other").expect("an address");
            redirect(302, &format!("ws://{other}/"))
        }
    })
    .await;
    let back = format!("{}back", server.url());
    let other = Server::start(move |_| redirect(302, &back)).await;
    Connector::new()
        .header("Authorization", "Bearer secret")
        .header("X-Other", other.address.to_string())
        .max_redirects(2)
        .connect(server.url())
        .await
        .expect("open");
    let heads = server.heads();
    assert_eq!(value(&heads[0], "authorization"), Some("Bearer secret"));
    assert_eq!(value(&heads[1], "authorization"), None);
}

#[tokio::test]
async fn loops_end() {
    let server = Server::start(|_| redirect(302, "/again")).await;
    let error = Connector::new()
        .max_redirects(3)
        .connect(server.url())
        .await
        .expect_err("a loop");
    assert!(
        matches!(&error, ConnectError::TooManyRedirects { limit: 3, location }
            if location == "/again"),
        "{error:?}"
    );
    assert_eq!(server.heads().len(), 4);
}

#[tokio::test]
async fn locations_that_lead_nowhere() {
    let cases = [
        ("ftp://example.com/", UrlError::Scheme("ftp".to_owned())),
        ("/a#b", UrlError::Fragment),
        ("ws://", UrlError::NoHost),
        (
            "ws://example.com:x/",
            UrlError::Invalid(url::ParseError::InvalidPort),
        ),
    ];
    for (to, reason) in cases {
        let server = Server::start(|_| redirect(302, to)).await;
        let error = Connector::new()
            .max_redirects(3)
            .connect(server.url())
            .await
            .expect_err(to);
        assert!(
            matches!(&error, ConnectError::RedirectUrl { location, source }
                if location == to && *source == reason),
            "{to}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_of_the_users_is_not_redirected() {
    let server = to_end(302, "/end").await;
    let stream = tokio::net::TcpStream::connect(server.address)
        .await
        .expect("open");
    let error = Connector::new()
        .max_redirects(3)
        .connect_to(stream, server.url())
        .await
        .expect_err("a redirect");
    assert!(
        matches!(&error, ConnectError::Redirect { location, .. } if location == "/end"),
        "{error:?}"
    );
}
