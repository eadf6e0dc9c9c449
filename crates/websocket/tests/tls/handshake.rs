//! Handshakes that succeed and that do not.

use std::{io, sync::Arc, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use sockeye_websocket::tls::{
    Acceptor, Error,
    rustls::{
        self, HandshakeKind, InvalidMessage, ProtocolVersion, ServerConfig,
        crypto::ring,
        version::{TLS12, TLS13},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::Instant,
};
use tokio_rustls::TlsConnector;

use crate::identity::{Folder, Identity, meet};

#[tokio::test]
async fn both_versions_are_spoken() {
    let identity = Identity::new();
    for (version, expected) in [
        (&TLS12, ProtocolVersion::TLSv1_2),
        (&TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let client = identity.client_of(&[version], None);
        let (server, client) = meet(&identity.acceptor(), client).await;
        let (mut server, mut client) = (server.expect("welcome"), client.expect("trusted"));
        assert_eq!(server.protocol_version(), Some(expected));
        assert_eq!(server.alpn_protocol(), None);
        server.write_all(b"hello").await.expect("room");
        server.flush().await.expect("room");
        let mut bytes = [0; 5];
        client.read_exact(&mut bytes).await.expect("it comes");
        assert_eq!(&bytes, b"hello");
        client.write_all(b"world").await.expect("room");
        client.flush().await.expect("room");
        server.read_exact(&mut bytes).await.expect("it comes");
        assert_eq!(&bytes, b"world");
    }
}

#[tokio::test]
async fn the_best_common_protocol_is_chosen() {
    let identity = Identity::new();
    let both = Acceptor::builder()
        .alpn(["h2", "http/1.1"])
        .der(vec![identity.certificate.clone()], identity.key())
        .expect("they match");
    assert_eq!(both.alpn_protocols(), [&b"h2"[..], b"http/1.1"]);
    for (acceptor, offer, chosen) in [
        (&both, ["http/1.1", "h2"], "h2"),
        (&both, ["http/1.0", "http/1.1"], "http/1.1"),
        (&identity.acceptor(), ["h2", "http/1.1"], "http/1.1"),
    ] {
        let mut client = identity.client(None);
        client.alpn_protocols = offer.map(Into::into).to_vec();
        let (server, _client) = meet(acceptor, client).await;
        let server = server.expect("something in common");
        assert_eq!(server.alpn_protocol(), Some(chosen.as_bytes()));
    }
    let mut client = identity.client(None);
    client.alpn_protocols = vec![b"h2".to_vec()];
    let (server, _client) = meet(&identity.acceptor(), client).await;
    let Err(Error::Handshake(error)) = server else {
        panic!("{server:?}");
    };
    assert_eq!(*error, rustls::Error::NoApplicationProtocol);
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_given_ten_seconds_or_as_long_as_said() {
    let identity = Identity::new();
    let quick = Acceptor::builder()
        .handshake_timeout(Duration::from_millis(500))
        .der(vec![identity.certificate.clone()], identity.key())
        .expect("they match");
    for (acceptor, seconds) in [(identity.acceptor(), 10.0), (quick, 0.5)] {
        let (near, mut far) = duplex(1024);
        // Half of a record's header.
        far.write_all(b"\x16\x03").await.expect("room");
        let before = Instant::now();
        let error = acceptor.accept(near).await.expect_err("nothing comes");
        assert!(error.is_timeout(), "{error:?}");
        assert_eq!(error.to_string(), "tls handshake timed out");
        let waited = before.elapsed().as_secs_f64();
        assert!((seconds..seconds + 0.1).contains(&waited), "{waited}");
        assert_eq!(far.read(&mut [0; 1]).await.expect("the end"), 0);
    }
}

#[tokio::test]
async fn plain_http_is_told_that_this_is_tls() {
    let (near, mut far) = duplex(1024);
    far.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .expect("room");
    let error = Identity::new().acceptor().accept(near).await;
    let Err(Error::Handshake(error)) = error else {
        panic!("{error:?}");
    };
    assert_eq!(
        *error,
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)
    );
    let mut answer = Vec::new();
    far.read_to_end(&mut answer).await.expect("it is dropped");
    assert_eq!(answer[..1], [21], "an alert (RFC 8446 5.1): {answer:?}");
}

#[tokio::test]
async fn a_client_that_leaves_is_an_error_of_the_stream() {
    let (near, mut far) = duplex(1024);
    far.write_all(b"\x16\x03\x01\x02").await.expect("room");
    drop(far);
    let error = Identity::new().acceptor().accept(near).await;
    let Err(Error::Io(error)) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn an_endless_handshake_message_is_cut_off() {
    // A ClientHello of 16 MiB.
    let (near, mut far) = duplex(1 << 20);
    far.write_all(&record(&[1, 0xff, 0xff, 0xff]))
        .await
        .expect("room");
    let error = Identity::new().acceptor().accept(near).await;
    let Err(Error::Handshake(error)) = error else {
        panic!("{error:?}");
    };
    assert_eq!(
        *error,
        rustls::Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge)
    );

    // One of an allowed length, in records of a byte each: six times as long on the wire.
    let (near, mut far) = duplex(1 << 20);
    let mut hello = vec![1, 0, 0xf0, 0];
    hello.resize(0xf000, 0);
    let send = async {
        for byte in hello {
            if far.write_all(&record(&[byte])).await.is_err() {
                return;
            }
        }
    };
    let acceptor = Identity::new().acceptor();
    let (error, ()) = tokio::join!(acceptor.accept(near), send);
    let Err(Error::Io(error)) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(error.to_string(), "tls handshake message too long");
}

/// A record of a handshake that is not encrypted yet (RFC 8446 5.1).
fn record(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a short one");
    [&[22, 3, 1][..], &length.to_be_bytes(), payload].concat()
}

/// What a client sends first, changed in any place, cut anywhere, in any pieces: an error each time.
#[tokio::test]
async fn damaged_handshakes_are_errors() {
    let identity = Identity::new();
    let acceptor = identity.acceptor();
    let (mut near, far) = duplex(1 << 16);
    let connector = TlsConnector::from(Arc::new(identity.client(None)));
    let name = "localhost".try_into().expect("a name");
    let connect = tokio::spawn(connector.connect(name, far).into_future());
    let mut hello = vec![0; 1 << 16];
    let length = near.read(&mut hello).await.expect("a hello");
    hello.truncate(length);
    connect.abort();

    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..2_000 {
        let mut bytes = hello.clone();
        for _ in 0..random.random_range(1..4) {
            let place = random.random_range(0..bytes.len());
            bytes[place] = random.random();
        }
        bytes.truncate(random.random_range(1..=bytes.len()));
        for _ in 0..random.random_range(0..3) {
            // Records that may come in the middle of a handshake, and garbage.
            let kind = random.random_range(20..25);
            bytes.extend_from_slice(&[kind, 3, 3, 0, 1, random.random()]);
        }
        let (near, mut far) = duplex(1 << 16);
        let piece = random.random_range(1..=bytes.len());
        let send = async {
            for piece in bytes.chunks(piece) {
                far.write_all(piece).await?;
                tokio::task::yield_now().await;
            }
            far.shutdown().await
        };
        let (accepted, _) = tokio::join!(acceptor.accept(near), send);
        let error = accepted.expect_err("no client has the key");
        assert!(
            matches!(error, Error::Handshake(_) | Error::Io(_)),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_client_that_does_not_trust_says_so() {
    let acceptor = Identity::new().acceptor();
    let (server, client) = meet(&acceptor, Identity::new().client(None)).await;
    client.expect_err("another certificate");
    let Err(Error::Handshake(error)) = server else {
        panic!("{server:?}");
    };
    assert!(
        matches!(*error, rustls::Error::AlertReceived(_)),
        "{error:?}"
    );
}

#[tokio::test]
async fn certificates_of_clients_are_checked() {
    let folder = Folder::new();
    let identity = Identity::new();
    let (own, authority) = Identity::signed();
    let authorities = folder.write("authorities.pem", authority.certificate_pem());
    for anonymous in [false, true] {
        for version in [&TLS12, &TLS13] {
            let acceptor = Acceptor::builder()
                .client_authorities(authorities.clone())
                .anonymous_clients(anonymous)
                .der(vec![identity.certificate.clone()], identity.key())
                .expect("they match");
            let client = |own| identity.client_of(&[version], own);

            let (server, _client) = meet(&acceptor, client(Some(&own))).await;
            let server = server.expect("its authority is known");
            let sent = server.peer_certificates().expect("it sent one");
            assert_eq!(sent, std::slice::from_ref(&own.certificate));

            let (server, _client) = meet(&acceptor, client(None)).await;
            match server {
                Ok(server) => assert!(anonymous && server.peer_certificates().is_none()),
                Err(Error::Handshake(error)) => {
                    assert!(!anonymous);
                    assert_eq!(*error, rustls::Error::NoCertificatesPresented);
                }
                Err(error) => panic!("{error:?}"),
            }

            let (server, _client) = meet(&acceptor, client(Some(&Identity::new()))).await;
            let Err(Error::Handshake(error)) = server else {
                panic!("{server:?}");
            };
            assert!(
                matches!(*error, rustls::Error::InvalidCertificate(_)),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_session_is_resumed() {
    let identity = Identity::new();
    let acceptor = identity.acceptor();
    let config = Arc::new(identity.client(None));
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let (server, client) = meet(&acceptor, config.clone()).await;
        let (mut server, mut client) = (server.expect("welcome"), client.expect("trusted"));
        assert_eq!(client.get_ref().1.handshake_kind(), Some(expected));
        // The ticket comes before the first bytes.
        server.write_all(b"1").await.expect("room");
        client.read_exact(&mut [0]).await.expect("it comes");
    }
}

#[tokio::test]
async fn a_configuration_of_ones_own_is_used() {
    let identity = Identity::new();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .expect("a known version")
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], identity.key())
        .expect("they match");
    let acceptor = Acceptor::from_config(Arc::new(config.clone())).expect("nothing unusual");
    acceptor.reload().expect("nothing to do");
    let (server, _client) = meet(&acceptor, identity.client(None)).await;
    let server = server.expect("welcome");
    assert_eq!(server.protocol_version(), Some(ProtocolVersion::TLSv1_3));

    config.max_early_data_size = 1;
    let error = Acceptor::from_config(Arc::new(config)).expect_err("it can be repeated");
    assert!(matches!(error, Error::Settings(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "tls cannot be set up: unexpected error: early data is not supported"
    );
}
