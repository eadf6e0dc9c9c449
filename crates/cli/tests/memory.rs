//! The program gives memory back when most clients have left.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

#[path = "tls/program.rs"]
mod program;

use std::{fs, time::Duration};

use program::Program;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep},
};

const SESSIONS: usize = 3000;
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn memory_is_given_back_after_a_mass_departure() {
    let program = Program::start(&[]);
    // What the program allots once, and its code, are none of the sessions' memory.
    for _ in 0..100 {
        drop(open(&program).await);
    }
    let before = resident(&program);
    let mut streams = Vec::new();
    for _ in 0..SESSIONS {
        streams.push(open(&program).await);
    }
    let full = resident(&program);
    drop(streams);
    let grown = full - before;
    let end = Instant::now() + LIMIT;
    loop {
        let now = resident(&program);
        // Pages stay in which something lives; without being told, the heap keeps nine tenths.
        if now < before + grown / 2 {
            return;
        }
        assert!(
            Instant::now() < end,
            "{before} KiB before, {full} with {SESSIONS} sessions, {now} long after"
        );
        sleep(Duration::from_millis(200)).await;
    }
}

/// A session over WebSocket, in `/`.
async fn open(program: &Program) -> TcpStream {
    let mut stream = TcpStream::connect(program.address)
        .await
        .expect("it listens");
    let head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
                Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
                dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut read = Vec::new();
    while !read.windows(6).any(|six| six == b"\"sid\":") {
        assert!(stream.read_buf(&mut read).await.expect("it answers") > 0);
    }
    stream
}

fn resident(program: &Program) -> u64 {
    let path = format!("/proc/{}/status", program.id());
    let status = fs::read_to_string(path).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kib.expect("its memory")
}
