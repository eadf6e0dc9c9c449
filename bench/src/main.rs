//! One load generator for any Socket.IO server, and the table that compares them.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose product is a table on stdout"
)]

#[cfg(target_os = "linux")]
mod contestant;
#[cfg(target_os = "linux")]
mod expect;
#[cfg(target_os = "linux")]
mod http;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod rows;
#[cfg(target_os = "linux")]
mod session;
#[cfg(target_os = "linux")]
mod streams;
#[cfg(target_os = "linux")]
mod tournament;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    tournament::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("sockeye-bench reads process clocks, pins cores and waits by epoll: it needs Linux");
    std::process::exit(1);
}
