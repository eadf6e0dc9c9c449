//! The profiles `engine3` and `engine4`: an engine that sends every message back.

use std::{convert::Infallible, ops::ControlFlow, sync::Arc, time::Duration};

use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use sockeye_engine::{
    Application, Body, CloseReason, Config, Connection, Cors, Engine, Flags, HEADROOM, Handshake,
    RemoteAddr, append_binary_frame, text_frame,
};
use tokio::net::TcpListener;

const PATH: &str = "/engine.io/";

/// Sends every message back as it came.
struct Echo;

impl Application for Echo {
    type Client = ();
    type Reader = ();

    fn open(&self, _: &Handshake) -> ((), ()) {
        ((), ())
    }

    fn opened(&self, _: &Arc<Connection<Self>>) {}

    fn text(
        &self,
        connection: &Arc<Connection<Self>>,
        (): &mut (),
        text: &str,
    ) -> ControlFlow<CloseReason> {
        let mut buffer = Vec::with_capacity(HEADROOM + text.len());
        buffer.resize(HEADROOM, 0);
        buffer.extend_from_slice(text.as_bytes());
        connection.send(text_frame(&mut buffer, HEADROOM), 1, Flags::NONE);
        ControlFlow::Continue(())
    }

    fn binary(
        &self,
        connection: &Arc<Connection<Self>>,
        (): &mut (),
        data: &[u8],
    ) -> ControlFlow<CloseReason> {
        let mut frame = Vec::with_capacity(HEADROOM + data.len());
        append_binary_frame(&mut frame, data);
        connection.send(&frame, 1, Flags::NONE);
        ControlFlow::Continue(())
    }

    fn timeout(&self, _: &Arc<Connection<Self>>) {}

    fn slow(&self, _: &Arc<Connection<Self>>, _: Duration) {}

    fn closed(&self, _: &Arc<Connection<Self>>, (): (), _: CloseReason) {}
}

/// Serves until the listener fails.
pub(crate) async fn serve(listener: TcpListener, config: Config) -> std::io::Result<()> {
    let engine = Engine::new(config, Echo);
    loop {
        let (stream, address) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let engine = Arc::clone(&engine);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let engine = Arc::clone(&engine);
            async move {
                request.extensions_mut().insert(RemoteAddr(address));
                Ok::<_, Infallible>(if request.uri().path().starts_with(PATH) {
                    engine.handle(request).await
                } else {
                    not_found()
                })
            }
        });
        tokio::spawn(async move {
            // How a connection ends is the client's affair.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
                .await;
        });
    }
}

fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// What the protocol's document asks of the server.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.ping_interval = Duration::from_millis(300);
    config.ping_timeout = Duration::from_millis(200);
    config.max_payload = 1_000_000;
    config.cors = Cors::any();
    config
}
