//! An echo over TLS that speaks HTTP/2 and HTTP/1.1, with a page that opens WebSockets to it.
//!
//! A browser that has loaded the page over HTTP/2 opens them in the same connection (RFC 8441).
//!
//! `cargo run -p sockeye-websocket --features http2,rustls --example h2_server -- 127.0.0.1:9443`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::convert::Infallible;
use std::error::Error;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use sockeye_websocket::accept::{Origins, Policy};
use sockeye_websocket::upgrade::Upgrade;
use sockeye_websocket::{Config, deflate, tls};
use tokio::net::{TcpListener, TcpStream};

const PAGE: &str = r#"<!doctype html>
<title>WebSocket over HTTP/2</title>
<output id="heard"></output>
<script type="module">
    const socket = new WebSocket(`wss://${location.host}/echo`, ["unknown", "echo"]);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => heard.append(`${socket.protocol}: ${data}\n`);
    socket.onclose = ({ code }) => heard.append(`closed: ${code}\n`);
</script>
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = made.signing_key.serialize_der().try_into()?;
    let acceptor = tls::Acceptor::builder()
        .alpn(["h2", "http/1.1"])
        .der(vec![made.cert.der().clone()], key)?;
    let policy = Policy::new()
        .protocols(["echo"])
        .origins(Origins::same())
        .config(Config::new().deflate(Some(deflate::Options::default())));

    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:9443")).await?;
    println!("listening on {}", listener.local_addr()?);
    for connection in 1.. {
        let (stream, _) = listener.accept().await?;
        let (acceptor, policy) = (acceptor.clone(), policy.clone());
        tokio::spawn(async move {
            if let Err(error) = serve(connection, stream, &acceptor, policy).await {
                eprintln!("connection {connection}: {error}");
            }
        });
    }
    Ok(())
}

async fn serve(
    connection: u64,
    stream: TcpStream,
    acceptor: &tls::Acceptor,
    policy: Policy,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let stream = acceptor.accept(stream).await?;
    let mut server = Builder::new(TokioExecutor::new());
    // One WebSocket that is not read must not keep the others of its connection from receiving.
    server
        .http2()
        .enable_connect_protocol()
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(16 << 20);
    let answer = service_fn(move |request| {
        let response = answer(connection, request, &policy);
        async { Ok::<_, Infallible>(response) }
    });
    server
        .serve_connection_with_upgrades(TokioIo::new(stream), answer)
        .await
}

fn answer(connection: u64, mut request: Request<Incoming>, policy: &Policy) -> Response<String> {
    let line = format!(
        "{} {:?} {}",
        request.method(),
        request.version(),
        request.uri().path()
    );
    println!("connection {connection}: {line}");
    match request.uri().path() {
        "/" => {
            let mut response = Response::new(PAGE.to_owned());
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, html);
            response
        }
        "/echo" => {
            let upgrade = Upgrade::from_request(&mut request);
            match upgrade.and_then(|upgrade| upgrade.policy(policy)) {
                Ok(upgrade) => upgrade.on_upgrade(async |mut socket| {
                    let _ = socket
                        .for_each(|message, answers| answers.send(message))
                        .await;
                }),
                Err(refusal) => refusal.response(),
            }
        }
        _ => {
            let mut response = Response::new("not found\n".to_owned());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}
