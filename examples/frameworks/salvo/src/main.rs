//! Socket.IO beside the routes of salvo: a tower service, which salvo's `tower-compat` makes a handler of.

use salvo::{http::ReqBody, prelude::*};
use sockeye::RemoteAddr;

#[handler]
async fn hello() -> &'static str {
    "hello from salvo"
}

/// With this the handshake has the client's address.
#[handler]
async fn with_address(request: &mut Request) {
    if let Some(address) = request.remote_addr().clone().into_std() {
        request.extensions_mut().insert(RemoteAddr(address));
    }
}

#[tokio::main]
async fn main() {
    let io = app::server();
    // The service takes any body; salvo's has to be named.
    let service = TowerServiceCompat::<ReqBody, _, _, _>::compat(io.service());
    let router = Router::new().get(hello).push(
        Router::with_path("socket.io/{**rest}")
            .hoop(with_address)
            .goal(service),
    );
    let acceptor = TcpListener::new(app::address_to_listen()).bind().await;
    let address = acceptor.local_addr().expect("a listener has an address");
    app::announce(address);
    Server::new(acceptor).serve(router).await;
}
