//! What hyper alone takes to hold requests: the answers of a polling session's first three, and no sessions.

#![cfg_attr(
    target_os = "linux",
    expect(
        clippy::print_stdout,
        reason = "the contract of the bench servers: the address on stdout"
    )
)]

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::convert::Infallible;
    use std::future::pending;
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Bytes;
    use http_body_util::Full;
    use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
    use hyper_util::rt::{TokioIo, TokioTimer};
    use tokio::net::TcpListener;
    use tokio::runtime::Builder;

    /// What a client of Socket.IO is told before it waits.
    const ANSWERS: [&str; 3] = [
        r#"0{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        "ok",
        r#"40{"sid":"AAAAAAAAAAAAAAAAAAAA"}"#,
    ];

    pub(super) fn main() -> io::Result<()> {
        Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(serve())
    }

    async fn serve() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on {}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let asked = Arc::new(AtomicUsize::new(0));
            let service = service_fn(move |_: Request<Incoming>| {
                let turn = asked.fetch_add(1, Ordering::Relaxed);
                async move {
                    let Some(answer) = ANSWERS.get(turn) else {
                        return pending().await;
                    };
                    let body = Full::new(Bytes::from_static(answer.as_bytes()));
                    Ok::<_, Infallible>(Response::new(body))
                }
            });
            tokio::spawn(async move {
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .with_upgrades();
                // How a connection ends is the generator's affair.
                let _ = connection.await;
            });
        }
    }
}
