//! Socket.IO beside the routes of axum, which has it as a router.

use std::{io, net::SocketAddr};

use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> io::Result<()> {
    let routes = Router::new()
        .route("/", get(async || "hello from axum"))
        .merge(app::server().router());
    // With this the handshake has the client's address.
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(app::listen().await?, service).await
}
