//! The contract of `CONTRACT.md` on Sockeye, for the clients of the interoperability tests.

mod operators;
mod recovery;
mod root;
mod scenarios;
mod spaces;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use sockeye::{Codec, Deflate, Server, ServerBuilder};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// What the command line sets, with the reference's defaults.
struct Options {
    port: u16,
    ping_interval: u64,
    ping_timeout: u64,
    max_payload: u64,
    connect_timeout: u64,
    upgrade_timeout: u64,
    stream_lifetime: u64,
    stream_bytes: u64,
    codec: Codec,
    allow_eio3: bool,
    recovery: bool,
    deflate: bool,
    /// The folder of the browser client, whose scenarios are served instead of the contract.
    scenarios: Option<PathBuf>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            port: 0,
            ping_interval: 25_000,
            ping_timeout: 20_000,
            max_payload: 1_000_000,
            connect_timeout: 45_000,
            upgrade_timeout: 10_000,
            stream_lifetime: 300_000,
            stream_bytes: 4 << 20,
            codec: Codec::Json,
            allow_eio3: false,
            recovery: false,
            deflate: false,
            scenarios: None,
        };
        while let Some(name) = arguments.next() {
            let value = arguments.next();
            if name == "--parser" {
                options.codec = match value.as_deref() {
                    Some("json") => Codec::Json,
                    Some("msgpack") => Codec::MessagePack,
                    _ => return Err("--parser needs json or msgpack".to_owned()),
                };
                continue;
            }
            if name == "--scenarios" {
                options.scenarios = Some(value.ok_or("--scenarios needs a folder")?.into());
                continue;
            }
            if let Some(switch) = options.switch(&name) {
                *switch = match value.as_deref() {
                    Some("true") => true,
                    Some("false") => false,
                    _ => return Err(format!("{name} needs true or false")),
                };
                continue;
            }
            let number = value
                .and_then(|value| value.parse::<u64>().ok())
                .ok_or_else(|| format!("{name} needs a number"))?;
            match name.as_str() {
                "--port" => options.port = u16::try_from(number).map_err(|e| e.to_string())?,
                "--ping-interval" => options.ping_interval = number,
                "--ping-timeout" => options.ping_timeout = number,
                "--max-payload" => options.max_payload = number,
                "--connect-timeout" => options.connect_timeout = number,
                "--upgrade-timeout" => options.upgrade_timeout = number,
                "--stream-lifetime" => options.stream_lifetime = number,
                "--stream-bytes" => options.stream_bytes = number,
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(options)
    }

    fn switch(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "--eio3" => &mut self.allow_eio3,
            "--recovery" => &mut self.recovery,
            "--deflate" => &mut self.deflate,
            _ => return None,
        })
    }

    fn server(&self) -> Server {
        let (rooms, room) = operators::rooms();
        let mut builder = self.builder();
        if self.recovery {
            builder = builder.namespace("/recovery", recovery::namespace());
        }
        builder
            // As on the reference's side: nobody asks this server for the client.
            .serve_client(false)
            .namespace("/", root::namespace())
            .namespace("/custom", spaces::custom())
            .namespace("/guarded", spaces::guarded())
            .namespace("/early", spaces::early())
            .namespace("/sequential", spaces::sequential())
            .namespace("/operators", operators::operators())
            .dynamic(rooms, room)
            .build()
    }

    fn builder(&self) -> ServerBuilder {
        let mut builder = Server::builder();
        if self.recovery {
            builder = builder.connection_state_recovery(sockeye::Recovery::new());
        }
        builder
            .parser(self.codec.clone())
            .allow_eio3(self.allow_eio3)
            .per_message_deflate(self.deflate.then(Deflate::new))
            .ping_interval(Duration::from_millis(self.ping_interval))
            .ping_timeout(Duration::from_millis(self.ping_timeout))
            .connect_timeout(Duration::from_millis(self.connect_timeout))
            .upgrade_timeout(Duration::from_millis(self.upgrade_timeout))
            .stream_lifetime(Duration::from_millis(self.stream_lifetime))
            .stream_bytes(usize::try_from(self.stream_bytes).unwrap_or(usize::MAX))
            .max_payload(usize::try_from(self.max_payload).unwrap_or(usize::MAX))
    }
}

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tests read the port from standard output and errors from standard error"
)]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match run(&options, |port| println!("listening on 127.0.0.1:{port}")).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options, listening: impl FnOnce(u16)) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    listening(listener.local_addr()?.port());
    if let Some(folder) = &options.scenarios {
        let folder = folder.clone();
        let (builder, codec) = (options.builder(), options.codec.clone());
        return scenarios::serve(builder, codec, folder, listener, terminate).await;
    }
    let ended = async move {
        terminate.recv().await;
    };
    let server = options.server();
    if options.recovery {
        tokio::spawn(recovery::tick(server.clone()));
    }
    server.serve(listener).with_graceful_shutdown(ended).await
}
