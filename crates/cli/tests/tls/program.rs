//! The program as a process, and certificates for it.
#![allow(dead_code, reason = "each file of tests uses a part")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::KeyPair;
use sockeye::tls::rustls::pki_types::CertificateDer;

/// A running program. It ends with this.
pub(crate) struct Program {
    child: Child,
    output: BufReader<ChildStdout>,
    log: Arc<Mutex<String>>,
    /// What it said first.
    pub(crate) line: String,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts it on a port that the system picks.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sockeye"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it was built");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let errors = BufReader::new(child.stderr.take().expect("it is piped"));
        let log = Arc::new(Mutex::new(String::new()));
        let lines = Arc::clone(&log);
        thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let _ = writeln!(std::io::stderr(), "{line}");
                lines.lock().expect("no panic").push_str(&line);
            }
        });
        let mut program = Self {
            child,
            output,
            log,
            line: String::new(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        program.line = program.next_line();
        let (_, rest) = program.line.split_once("://").expect("an address");
        let (address, _) = rest.split_once('/').expect("the end of the address");
        program.address = address.parse().expect("an address");
        program
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("text");
        line.trim_end().to_owned()
    }

    /// Sends a signal, such as `HUP`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .expect("every Unix has it");
        assert!(status.success());
    }

    /// Waits for its end; nothing if a signal was that.
    pub(crate) fn status(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    /// Waits until it has logged this. Colours are left out of the comparison.
    pub(crate) async fn logged(&self, part: &str) {
        for _ in 0..500 {
            let log = self.log.lock().expect("no panic").clone();
            if without_colours(&log).contains(part) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it has not logged {part:?}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn without_colours(log: &str) -> String {
    let mut parts = log.split('\x1b');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

/// The status and the words of a program that ends at once.
pub(crate) fn failure(arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sockeye"))
        .args(
            ["--listen", "127.0.0.1:0"]
                .iter()
                .filter(|_| !arguments.contains(&"--listen")),
        )
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it was built");
    let mut said = String::new();
    let mut errors = child.stderr.take().expect("it is piped");
    errors.read_to_string(&mut said).expect("text");
    (child.wait().expect("it ends").code(), said)
}

/// A certificate for localhost and its key.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a name");
        Self {
            certificate: made.cert.der().clone(),
            key: made.signing_key,
        }
    }
}

/// A folder that is gone at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sockeye-cli-tls-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder for temporary files");
        Self(folder)
    }

    /// Writes both files; returns their paths.
    pub(crate) fn write(&self, identity: &Identity) -> (String, String) {
        let write = |name: &str, label: &str, der: &[u8]| {
            let path = self.0.join(name);
            let text = STANDARD.encode(der);
            let text = format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n");
            fs::write(&path, text).expect("the folder is there");
            path.to_str().expect("text").to_owned()
        };
        let certificate = write("certificate.pem", "CERTIFICATE", &identity.certificate);
        let key = write("key.pem", "PRIVATE KEY", &identity.key.serialize_der());
        (certificate, key)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
