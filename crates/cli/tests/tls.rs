//! The program over TLS, as a process.

#[path = "tls/client.rs"]
mod client;
#[path = "tls/program.rs"]
mod program;

use std::{fs, time::Duration};

use client::{Connection, certificate_of};
use program::{Folder, Identity, Program, failure};
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn serves_with_the_certificate_in_files() {
    let folder = Folder::new();
    let identity = Identity::new();
    let (certificate, key) = folder.write(&identity);
    let program = Program::start(&["--tls-cert", &certificate, "--tls-key", &key]);
    assert!(
        program
            .line
            .starts_with("Sockeye listens on https://127.0.0.1:")
    );
    let mut connection = Connection::open(program.address, &identity.certificate, "localhost")
        .await
        .expect("the certificate is the one in the file");
    let answer = connection.get("/").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let answer = connection.get("/socket.io/?EIO=4&transport=polling").await;
    assert!(answer.contains("\r\n\r\n0{\"sid\":"), "{answer}");
}

#[tokio::test]
async fn makes_a_certificate_for_development() {
    let mut program = Program::start(&["--tls-self-signed"]);
    assert!(
        program
            .line
            .starts_with("Sockeye listens on https://127.0.0.1:")
    );
    let certificate = certificate_of(program.address).await;
    let shown = program.next_line();
    let fingerprint = shown
        .strip_prefix("Its certificate is made for this run, SHA-256 ")
        .expect("its fingerprint");
    assert_eq!(fingerprint, client::fingerprint(&certificate));
    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut connection = Connection::open(program.address, &certificate, name)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let answer = connection.get("/").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    let other = Connection::open(program.address, &certificate, "example.com").await;
    let error = other.err().expect("it is not for every name").to_string();
    assert!(error.contains("not valid for name"), "{error}");
}

async fn new_certificate_within(program: &Program, identity: &Identity, limit: Duration) {
    let start = Instant::now();
    while Connection::open(program.address, &identity.certificate, "localhost")
        .await
        .is_err()
    {
        assert!(start.elapsed() < limit, "the new certificate is not served");
        sleep(Duration::from_millis(20)).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn reads_the_files_again_on_sighup() {
    let folder = Folder::new();
    let (old, new) = (Identity::new(), Identity::new());
    let (certificate, key) = folder.write(&old);
    let program = Program::start(&["--tls-cert", &certificate, "--tls-key", &key]);
    let mut connection = Connection::open(program.address, &old.certificate, "localhost")
        .await
        .expect("the old one is served");
    connection.get("/").await;

    folder.write(&new);
    program.signal("HUP");
    // Sooner than the program looks by itself.
    new_certificate_within(&program, &new, Duration::from_millis(1_500)).await;
    let late = Connection::open(program.address, &old.certificate, "localhost").await;
    assert!(late.is_err(), "the old one is not served any more");
    let answer = connection.get("/").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "it lives on");

    // What cannot be used is said, and changes nothing.
    fs::write(&certificate, "nothing").expect("it is there");
    program.signal("HUP");
    program
        .logged("the certificate stays as it was error=")
        .await;
    new_certificate_within(&program, &new, Duration::ZERO).await;
}

#[tokio::test]
async fn notices_by_itself_that_the_files_have_changed() {
    let folder = Folder::new();
    let (old, new) = (Identity::new(), Identity::new());
    let (certificate, key) = folder.write(&old);
    let program = Program::start(&["--tls-cert", &certificate, "--tls-key", &key]);
    folder.write(&new);
    new_certificate_within(&program, &new, Duration::from_secs(20)).await;
}

#[test]
fn what_is_wrong_with_the_files_is_one_line() {
    let folder = Folder::new();
    let (certificate, key) = folder.write(&Identity::new());
    let other = Folder::new();
    let (_, other_key) = other.write(&Identity::new());
    for (certificate, key, expected) in [
        (
            &"missing.pem".to_owned(),
            &key,
            "cannot read missing.pem: No such file or directory (os error 2)".to_owned(),
        ),
        (&key, &key, format!("{key} has no certificate in it")),
        (
            &certificate,
            &certificate,
            format!("{certificate} has no private key in it"),
        ),
        (
            &certificate,
            &other_key,
            format!(
                "the private key in {other_key} does not match the certificate in {certificate}"
            ),
        ),
    ] {
        let (status, said) = failure(&["--tls-cert", certificate, "--tls-key", key]);
        assert_eq!(status, Some(1), "{said}");
        assert_eq!(said, format!("sockeye: {expected}\n"));
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    for (arguments, expected) in [
        (&["--tls-cert", "c.pem"][..], "--tls-key <FILE>"),
        (&["--tls-key", "k.pem"], "--tls-cert <FILE>"),
        (
            &[
                "--tls-self-signed",
                "--tls-cert",
                "c.pem",
                "--tls-key",
                "k.pem",
            ],
            "cannot be used with",
        ),
    ] {
        let (status, said) = failure(arguments);
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_name_that_is_none_is_refused() {
    let (status, said) = failure(&["--tls-self-signed", "--listen", "f\u{fc}r:0"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.starts_with("sockeye: cannot make a certificate for f\u{fc}r:0: "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}
