//! Socket.IO on hyper alone: as a tower service, which hyper-util adapts.

use std::io;

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use sockeye::RemoteAddr;

#[tokio::main]
async fn main() -> io::Result<()> {
    let io = app::server();
    let listener = app::listen().await?;
    loop {
        let (stream, address) = listener.accept().await?;
        let service = TowerToHyperService::new(io.service());
        // With this the handshake has the client's address.
        let service = hyper::service::service_fn(move |mut request: hyper::Request<_>| {
            request.extensions_mut().insert(RemoteAddr(address));
            hyper::service::Service::call(&service, request)
        });
        // Without upgrades there would be no WebSocket.
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::spawn(connection);
    }
}
