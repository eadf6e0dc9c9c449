//! A certificate that is replaced while connections live.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use sockeye_websocket::tls::{Acceptor, Error, rustls::HandshakeKind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
    time::timeout,
};

use crate::identity::{Folder, Identity, meet};

struct Files {
    _folder: Folder,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn of(identity: &Identity) -> Self {
        let folder = Folder::new();
        Self {
            certificate: folder.write("certificate.pem", identity.certificate_pem()),
            key: folder.write("key.pem", identity.key_pem()),
            _folder: folder,
        }
    }

    fn replace(&self, identity: &Identity) {
        fs::write(&self.certificate, identity.certificate_pem()).expect("it is there");
        fs::write(&self.key, identity.key_pem()).expect("it is there");
    }

    fn acceptor(&self) -> Acceptor {
        Acceptor::from_files(self.certificate.clone(), self.key.clone()).expect("they match")
    }
}

async fn trusts(acceptor: &Acceptor, identity: &Identity) -> bool {
    let (_server, client) = meet(acceptor, identity.client(None)).await;
    client.is_ok()
}

#[tokio::test]
async fn new_connections_see_the_new_certificate_and_old_ones_live_on() {
    let (old, new) = (Identity::new(), Identity::new());
    let files = Files::of(&old);
    let acceptor = files.acceptor();
    let (server, client) = meet(&acceptor, old.client(None)).await;
    let (mut server, mut client) = (server.expect("welcome"), client.expect("trusted"));

    files.replace(&new);
    assert!(trusts(&acceptor, &old).await, "not before the reload");
    // A clone is the same acceptor.
    acceptor.clone().reload().expect("they match");
    assert!(trusts(&acceptor, &new).await);
    assert!(!trusts(&acceptor, &old).await);

    server.write_all(b"still here").await.expect("room");
    let mut bytes = [0; 10];
    client.read_exact(&mut bytes).await.expect("it comes");
    assert_eq!(&bytes, b"still here");
}

#[tokio::test]
async fn a_reload_that_fails_changes_nothing_and_says_why() {
    let (old, new) = (Identity::new(), Identity::new());
    let files = Files::of(&old);
    let acceptor = files.acceptor();
    fs::write(&files.certificate, new.certificate_pem()).expect("it is there");
    let error = acceptor.reload().expect_err("the key is still the old one");
    assert!(matches!(error, Error::KeyMismatch { .. }), "{error:?}");
    assert!(trusts(&acceptor, &old).await);
    fs::write(&files.key, new.key_pem()).expect("it is there");
    acceptor.reload().expect("they match");
    assert!(trusts(&acceptor, &new).await);
}

#[tokio::test]
async fn sessions_of_the_old_certificate_are_not_resumed() {
    let identity = Identity::new();
    let files = Files::of(&identity);
    let acceptor = files.acceptor();
    let config = Arc::new(identity.client(None));
    for reload in [false, true] {
        let (server, client) = meet(&acceptor, config.clone()).await;
        let (mut server, mut client) = (server.expect("welcome"), client.expect("trusted"));
        assert_eq!(
            client.get_ref().1.handshake_kind(),
            Some(HandshakeKind::Full)
        );
        server.write_all(b"1").await.expect("room");
        client.read_exact(&mut [0]).await.expect("it comes");
        if !reload {
            acceptor.reload().expect("the same files");
        }
    }
}

#[tokio::test]
async fn a_change_of_the_files_is_noticed_and_reported_once() {
    let (old, new) = (Identity::new(), Identity::new());
    let files = Files::of(&old);
    let acceptor = files.acceptor();
    let (sender, mut reports) = mpsc::unbounded_channel();
    let watching = acceptor.clone();
    let every = Duration::from_millis(20);
    let watch = tokio::spawn(async move {
        watching
            .reload_when_changed(every, |result| {
                sender.send(result).expect("the test waits");
            })
            .await
    });
    let quiet = timeout(every * 5, reports.recv()).await;
    assert!(quiet.is_err(), "nothing has changed: {quiet:?}");

    fs::remove_file(&files.key).expect("it was there");
    let report = reports.recv().await.expect("it watches");
    assert!(
        matches!(report, Err(Error::Unreadable { .. })),
        "{report:?}"
    );
    assert!(trusts(&acceptor, &old).await);
    let quiet = timeout(every * 5, reports.recv()).await;
    assert!(quiet.is_err(), "it was said: {quiet:?}");

    files.replace(&new);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while reports.recv().await.expect("it watches").is_err() {
        assert!(tokio::time::Instant::now() < deadline);
    }
    assert!(trusts(&acceptor, &new).await);
    watch.abort();
}
