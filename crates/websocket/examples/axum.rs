//! WebSockets among the other routes of an axum application, over HTTP/1.1 and HTTP/2.
//!
//! `cargo run -p sockeye-websocket --features axum,http2 --example axum -- 127.0.0.1:9003`
#![expect(clippy::print_stdout, reason = "it is a program")]

use std::io;

use axum::Router;
use axum::extract::Path;
use axum::response::{Html, IntoResponse};
use axum::routing::{any, get};
use sockeye_websocket::accept::{Origins, Policy, Refusal};
use sockeye_websocket::upgrade::Upgrade;
use sockeye_websocket::{Config, deflate};
use tokio::net::TcpListener;

const PAGE: &str = r#"<!doctype html>
<title>Echo</title>
<input id="say" placeholder="Say something" autofocus>
<ul id="heard"></ul>
<script type="module">
    const url = new URL("/rooms/lobby", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url, ["echo"]);
    socket.onmessage = ({ data }) => {
        const line = document.createElement("li");
        line.textContent = data;
        heard.append(line);
    };
    say.onchange = () => {
        socket.send(say.value);
        say.value = "";
    };
</script>
"#;

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:9003")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app()).await
}

pub(crate) fn app() -> Router {
    let config = Config::new().deflate(Some(deflate::Options::default()));
    let policy = Policy::new()
        .protocols(["echo"])
        .origins(Origins::same())
        .config(config);
    Router::new()
        .route("/", get(async || Html(PAGE)))
        // HTTP/2 asks with CONNECT, HTTP/1.1 with GET.
        .route("/rooms/{room}", any(room))
        .with_state(policy)
}

async fn room(
    axum::extract::State(policy): axum::extract::State<Policy>,
    Path(room): Path<String>,
    upgrade: Upgrade,
) -> Result<impl IntoResponse, Refusal> {
    let upgrade = upgrade.policy(&policy)?;
    Ok(upgrade.on_upgrade(async move |mut socket| {
        if socket.send(format!("welcome to {room}")).await.is_err() {
            return;
        }
        match socket
            .for_each(|message, answers| answers.send(message))
            .await
        {
            Ok(closed) => println!("left {room} with code {}", closed.code),
            Err(error) => println!("lost in {room}: {error}"),
        }
    }))
}
