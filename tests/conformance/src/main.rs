//! The servers that the protocol documents' suites talk to: see this folder's README.

mod data;
mod engine;
mod options;
mod socketio;

use std::process::ExitCode;

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use options::{Options, Profile};
use sockeye::Recovery;

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "suites read the port from standard output and errors from standard error"
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
    tokio::select! {
        served = serve(options.profile, listener) => served,
        _ = terminate.recv() => Ok(()),
    }
}

async fn serve(profile: Profile, listener: TcpListener) -> std::io::Result<()> {
    match profile {
        Profile::Engine3 => {
            let mut config = engine::config();
            config.allow_eio3 = true;
            engine::serve(listener, config).await
        }
        Profile::Engine4 => engine::serve(listener, engine::config()).await,
        Profile::SocketIo5 => socketio::builder().build().serve(listener).await,
        Profile::Recovery => {
            let builder = socketio::builder().connection_state_recovery(Recovery::new());
            builder.build().serve(listener).await
        }
    }
}
