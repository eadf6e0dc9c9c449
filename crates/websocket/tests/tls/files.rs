//! What can be wrong with the files, each with its error.

use sockeye_websocket::tls::{Acceptor, Error};

use crate::identity::{Folder, Identity, meet, pem};

/// The error of a certificate's file and a key's file with these contents.
fn refused(certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> (Error, String) {
    let folder = Folder::new();
    let certificate = folder.write("certificate.pem", certificate);
    let key = folder.write("key.pem", key);
    let error = Acceptor::from_files(certificate, key).expect_err("one of them is wrong");
    let at = folder.path("").display().to_string();
    let message = error.to_string().replace(&at, "");
    (error, message)
}

#[tokio::test]
async fn both_may_be_in_one_file_beside_other_things() {
    let folder = Folder::new();
    let identity = Identity::new();
    let text = format!(
        "about this file\n{}{}{}",
        identity.key_pem(),
        pem("EC PARAMETERS", &[6, 5, 43, 129, 4, 0, 34]),
        identity.certificate_pem()
    );
    let file = folder.write("both.pem", text);
    let acceptor = Acceptor::from_files(file.clone(), file).expect("it has both");
    let (server, client) = meet(&acceptor, identity.client(None)).await;
    server.expect("the client is content");
    client.expect("the server is content");
}

#[test]
fn a_missing_file_is_named() {
    let folder = Folder::new();
    let identity = Identity::new();
    let certificate = folder.write("certificate.pem", identity.certificate_pem());
    let missing = folder.path("missing.pem");
    for (certificate, key) in [(&missing, &certificate), (&certificate, &missing)] {
        let error = Acceptor::from_files(certificate.clone(), key.clone()).expect_err("no file");
        let Error::Unreadable { file, source } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(**file, *missing);
        assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
        let start = format!("cannot read {}: ", missing.display());
        assert!(error.to_string().starts_with(&start), "{error}");
    }
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    let identity = Identity::new();
    for text in ["", "nothing", &identity.key_pem()] {
        let (error, message) = refused(text, identity.key_pem());
        assert!(matches!(error, Error::NoCertificate { .. }), "{error:?}");
        assert_eq!(message, "certificate.pem has no certificate in it");
    }
}

#[test]
fn a_damaged_certificate_is_refused() {
    let identity = Identity::new();
    let cut = identity
        .certificate_pem()
        .replace("-----END CERTIFICATE-----", "");
    let (error, message) = refused(cut, identity.key_pem());
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    assert!(
        message.starts_with("certificate.pem is damaged: "),
        "{message}"
    );

    let (error, message) = refused(pem("CERTIFICATE", b"no certificate"), identity.key_pem());
    assert!(matches!(error, Error::BadCertificate { .. }), "{error:?}");
    let start = "the certificate in certificate.pem cannot be used: ";
    assert!(message.starts_with(start), "{message}");
}

#[test]
fn a_file_without_a_key_is_refused() {
    let identity = Identity::new();
    let (error, message) = refused(identity.certificate_pem(), identity.certificate_pem());
    assert!(matches!(error, Error::NoKey { .. }), "{error:?}");
    assert_eq!(message, "key.pem has no private key in it");
}

#[test]
fn an_encrypted_key_is_refused() {
    let identity = Identity::new();
    let newer = pem("ENCRYPTED PRIVATE KEY", b"secret");
    let older = pem("RSA PRIVATE KEY", b"secret").replacen(
        '\n',
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
        1,
    );
    for key in [newer, older] {
        let (error, message) = refused(identity.certificate_pem(), key);
        assert!(matches!(error, Error::EncryptedKey { .. }), "{error:?}");
        assert_eq!(
            message,
            "the private key in key.pem is encrypted: store it decrypted"
        );
    }
}

#[test]
fn a_key_of_no_known_kind_is_refused() {
    let identity = Identity::new();
    let (error, message) = refused(identity.certificate_pem(), pem("PRIVATE KEY", b"no key"));
    assert!(matches!(error, Error::BadKey { .. }), "{error:?}");
    let start = "the private key in key.pem cannot be used: ";
    assert!(message.starts_with(start), "{message}");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (error, message) = refused(Identity::new().certificate_pem(), Identity::new().key_pem());
    assert!(matches!(error, Error::KeyMismatch { .. }), "{error:?}");
    assert_eq!(
        message,
        "the private key in key.pem does not match the certificate in certificate.pem"
    );

    let (one, other) = (Identity::new(), Identity::new());
    let error = Acceptor::from_der(vec![one.certificate], other.key()).expect_err("two pairs");
    assert!(matches!(error, Error::KeyMismatch { .. }), "{error:?}");
    let error = Acceptor::from_der(Vec::new(), other.key()).expect_err("no chain");
    assert!(matches!(error, Error::NoCertificate { .. }), "{error:?}");
}

#[test]
fn authorities_are_named_too() {
    let folder = Folder::new();
    let identity = Identity::new();
    let certificate = folder.write("certificate.pem", identity.certificate_pem());
    let key = folder.write("key.pem", identity.key_pem());
    let error = Acceptor::builder()
        .client_authorities(key.clone())
        .files(certificate, key.clone())
        .expect_err("a key is no authority");
    let Error::NoCertificate { file } = error else {
        panic!("{error:?}");
    };
    assert_eq!(*file, *key);
}
