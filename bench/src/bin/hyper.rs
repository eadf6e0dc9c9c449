//! What hyper alone takes, without sessions: requests that are held, as long-polling holds them, and bodies that go on, as
//! streaming has them, each with a channel of its own.

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
    use std::pin::Pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll};

    use axum::body::Bytes;
    use http_body_util::{BodyExt, Either, Full};
    use hyper::body::{Body, Frame, Incoming};
    use hyper::{Method, Request, Response, server::conn::http1, service::service_fn};
    use hyper_util::rt::{TokioIo, TokioTimer};
    use sockeye_bench::packet;
    use tokio::net::TcpListener;
    use tokio::runtime::Builder;
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    /// What a client of Socket.IO is told before it waits.
    const ANSWERS: [&str; 3] = [
        r#"0{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        "ok",
        r#"40{"sid":"AAAAAAAAAAAAAAAAAAAA"}"#,
    ];

    type Answer = Response<Either<Full<Bytes>, Pushed>>;

    pub(super) fn main() -> io::Result<()> {
        Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(serve())
    }

    async fn serve() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on {}", listener.local_addr()?);
        let streams = Arc::new(Streams::default());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let streams = Arc::clone(&streams);
            let asked = AtomicUsize::new(0);
            let service = service_fn(move |request: Request<Incoming>| {
                let turn = asked.fetch_add(1, Ordering::Relaxed);
                // A request that is held is dropped first: it would keep hyper's buffer.
                let streamed = is_streaming(&request).then(|| {
                    let streams = Arc::clone(&streams);
                    Box::pin(async move { streams.answer(request).await })
                });
                async move {
                    if let Some(answer) = streamed {
                        return Ok::<_, Infallible>(answer.await);
                    }
                    let Some(answer) = ANSWERS.get(turn) else {
                        return pending().await;
                    };
                    Ok(whole(answer))
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

    fn is_streaming(request: &Request<Incoming>) -> bool {
        let query = request.uri().query().unwrap_or_default();
        query.contains("transport=streaming")
    }

    fn whole(answer: &'static str) -> Answer {
        let body = Full::new(Bytes::from_static(answer.as_bytes()));
        Response::new(Either::Left(body))
    }

    /// The bodies that go on; the number of one is its session.
    #[derive(Debug, Default)]
    struct Streams(Mutex<Vec<UnboundedSender<Bytes>>>);

    impl Streams {
        async fn answer(&self, request: Request<Incoming>) -> Answer {
            if request.method() == Method::GET {
                return Response::new(Either::Right(self.begin()));
            }
            let query = request.uri().query().unwrap_or_default();
            let sid = query.split("sid=").nth(1).and_then(|sid| sid.parse().ok());
            if let (Some(sid), Ok(body)) = (sid, request.into_body().collect().await) {
                self.posted(sid, &body.to_bytes());
            }
            whole("ok")
        }

        fn begin(&self) -> Pushed {
            let (sender, receiver) = unbounded_channel();
            let mut streams = self.0.lock().expect("no panic under the lock");
            let open = ANSWERS[0].replace("AAAAAAAAAAAAAAAAAAAA", &streams.len().to_string());
            push(&sender, packet::from_server(open.as_bytes()).into());
            streams.push(sender);
            Pushed(receiver)
        }

        fn posted(&self, sid: usize, body: &[u8]) {
            let streams = self.0.lock().expect("no panic under the lock");
            match body {
                b"40" => push(
                    &streams[sid],
                    packet::from_server(ANSWERS[2].as_bytes()).into(),
                ),
                [b'4', b'2', ..] => {
                    let event = Bytes::from(packet::from_server(body));
                    for stream in streams.iter() {
                        push(stream, event.clone());
                    }
                }
                _ => {}
            }
        }
    }

    fn push(stream: &UnboundedSender<Bytes>, bytes: Bytes) {
        // One that has ended hears nothing.
        let _ = stream.send(bytes);
    }

    /// A body that brings what is sent into its channel.
    #[derive(Debug)]
    struct Pushed(UnboundedReceiver<Bytes>);

    impl Body for Pushed {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let next = self.0.poll_recv(cx);
            next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
        }
    }
}
