//! How the program ends: by signals, and because somebody else has its port.
#![cfg(unix)]

#[path = "tls/program.rs"]
mod program;

use program::{Program, failure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn the_first_signal_ends_it_with_status_0() {
    for signal in ["INT", "TERM"] {
        let mut program = Program::start(&[]);
        let mut client = join(&program).await;
        program.signal(signal);
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.expect("it closes");
        assert_eq!(rest, [0x88, 0], "a Close frame, and nothing else");
        drop(client);
        assert_eq!(program.status(), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn the_second_signal_ends_it_at_once() {
    for signal in ["INT", "TERM"] {
        let mut program = Program::start(&[]);
        // It waits for the end of a request that has begun.
        let mut request = TcpStream::connect(program.address)
            .await
            .expect("it listens");
        let begun = b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n";
        request.write_all(begun).await.expect("it reads");
        let _session = join(&program).await;
        program.signal("INT");
        program.logged("closing sessions").await;
        program.signal(signal);
        assert_eq!(program.status(), Some(130), "{signal}");
    }
}

#[test]
fn a_busy_port_is_said_in_one_line_with_a_command_that_works() {
    let running = Program::start(&[]);
    let busy = running.address.to_string();
    let arguments = ["--tls-self-signed", "--listen", &busy, "--log", "warn"];
    let (status, said) = failure(&arguments);
    assert_eq!(status, Some(1));
    let program = env!("CARGO_BIN_EXE_sockeye");
    let expected = format!("sockeye: {busy} is in use; try another port: ");
    let command = said.strip_prefix(&expected).expect(&said);
    assert_eq!(
        command,
        format!("{program} --listen 127.0.0.1:0 --tls-self-signed --log warn\n")
    );
    let words: Vec<_> = command.split_whitespace().skip(1).collect();
    let second = Program::start(&words[2..]);
    assert!(
        second.line.contains("https://127.0.0.1:"),
        "{}",
        second.line
    );
}

/// A session over WebSocket that has read all that it was sent.
async fn join(program: &Program) -> TcpStream {
    let mut stream = TcpStream::connect(program.address)
        .await
        .expect("it listens");
    let head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
                Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
                dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut read = Vec::new();
    while !read.ends_with(b"}") {
        assert!(stream.read_buf(&mut read).await.expect("it answers") > 0);
    }
    stream
}
