//! Socket.IO beside the routes of poem, through the adapter.

mod adapter;

use std::io;

use adapter::SocketIo;
use poem::{
    EndpointExt as _, Route, Server, get, handler,
    listener::{Acceptor as _, Listener as _, TcpListener},
};

#[handler]
fn hello() -> &'static str {
    "hello from poem"
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let io = app::server();
    let routes = Route::new()
        .at("/", get(hello))
        .at("/socket.io/*rest", SocketIo::new(&io).boxed());
    let acceptor = TcpListener::bind(app::address_to_listen())
        .into_acceptor()
        .await?;
    if let Some(address) = acceptor
        .local_addr()
        .first()
        .and_then(|a| a.as_socket_addr())
    {
        app::announce(*address);
    }
    Server::new_with_acceptor(acceptor).run(routes).await
}
