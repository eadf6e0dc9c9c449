//! One load generator for any WebSocket server, and the tables that compare them.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose product is a table on stdout"
)]

#[cfg(target_os = "linux")]
mod certificate;
#[cfg(target_os = "linux")]
mod contestant;
#[cfg(target_os = "linux")]
mod deflate;
#[cfg(target_os = "linux")]
mod lane;
#[cfg(target_os = "linux")]
mod opening;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod rows;
#[cfg(target_os = "linux")]
mod speech;
#[cfg(target_os = "linux")]
mod tally;
#[cfg(target_os = "linux")]
mod tls;
#[cfg(target_os = "linux")]
mod tournament;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    tournament::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!(
        "sockeye-bench-websocket reads process clocks, pins cores and waits by epoll: it needs Linux"
    );
    std::process::exit(1);
}
