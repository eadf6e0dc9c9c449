//! Socket.IO beside the routes of actix-web, through the adapter.

mod adapter;

use std::io;

use actix_web::{App, HttpServer, web};

#[actix_web::main]
async fn main() -> io::Result<()> {
    let io = app::server();
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(async || "hello from actix-web"))
            .service(adapter::resource("/socket.io/{rest:.*}", &io))
    })
    .bind(app::address_to_listen())?;
    for address in server.addrs() {
        app::announce(address);
    }
    server.run().await
}
