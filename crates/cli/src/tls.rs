use std::{
    net::IpAddr,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use clap::Args;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use sockeye::tls::{
    Acceptor, Error,
    rustls::{crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256, pki_types::PrivateKeyDer},
};

use crate::signals;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a certificate of our own is good for: some systems refuse more than 825 days.
const VALID: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Debug, Args)]
pub(crate) struct Tls {
    /// The certificate chain for https and wss, in PEM form; read again when it changes, or on SIGHUP
    #[arg(long = "tls-cert", value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// The certificate's private key, in PEM form
    #[arg(long = "tls-key", value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,

    /// For development: https and wss with a certificate made for this run
    #[arg(long = "tls-self-signed", conflicts_with_all = ["certificate", "key"])]
    self_signed: bool,
}

/// How to serve over TLS.
pub(crate) struct Ready {
    pub(crate) acceptor: Acceptor,
    /// What a browser shows of a certificate that nobody vouches for.
    pub(crate) fingerprint: Option<String>,
}

impl Tls {
    /// What was asked for, if anything. Certificates from files are kept up to date from here on.
    pub(crate) fn prepare(&self, listen: &str) -> Result<Option<Ready>, String> {
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            let acceptor = Acceptor::from_files(certificate.clone(), key.clone())
                .map_err(|error| error.to_string())?;
            keep_up_to_date(&acceptor);
            return Ok(Some(Ready {
                acceptor,
                fingerprint: None,
            }));
        }
        if !self.self_signed {
            return Ok(None);
        }
        self_signed(names(listen))
            .map(Some)
            .map_err(|error| format!("cannot make a certificate for {listen}: {error}"))
    }
}

fn keep_up_to_date(acceptor: &Acceptor) {
    let watched = acceptor.clone();
    tokio::spawn(async move { watched.reload_when_changed(LOOK, report).await });
    let told = acceptor.clone();
    tokio::spawn(signals::each_hangup(move || report(told.reload())));
}

fn report(reloaded: Result<(), Error>) {
    match reloaded {
        Ok(()) => tracing::info!("new connections get the certificate that was just read"),
        Err(error) => tracing::error!(%error, "the certificate stays as it was"),
    }
}

/// The names that a browser on this machine may use, and the one of `--listen`.
fn names(listen: &str) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .to_vec();
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // Nobody connects to "any address".
    let any = host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
    if !host.is_empty() && !any && !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    names
}

fn self_signed(names: Vec<String>) -> Result<Ready, Box<dyn std::error::Error>> {
    let mut params = CertificateParams::new(names)?;
    let now = SystemTime::now();
    // A clock that is a little slow trusts it too.
    params.not_before = (now - DAY).into();
    params.not_after = (now + VALID).into();
    params
        .distinguished_name
        .push(DnType::CommonName, "Sockeye, for development");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?.der().clone();
    let fingerprint = fingerprint(&certificate);
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    Ok(Ready {
        acceptor: Acceptor::from_der(vec![certificate], key)?,
        fingerprint: Some(fingerprint),
    })
}

/// SHA-256 as browsers write it.
fn fingerprint(certificate: &[u8]) -> String {
    let suite = TLS13_AES_128_GCM_SHA256.tls13().expect("it is one of 1.3");
    let digest = suite.common.hash_provider.hash(certificate);
    let bytes: Vec<_> = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_this_machine_and_the_one_listened_on() {
        let local = ["localhost", "127.0.0.1", "::1"];
        for (listen, more) in [
            ("127.0.0.1:3000", None),
            ("[::1]:3000", None),
            ("localhost:3000", None),
            ("0.0.0.0:3000", None),
            ("[::]:3000", None),
            ("192.168.0.7:3000", Some("192.168.0.7")),
            ("[fd00::7]:3000", Some("fd00::7")),
            ("dev.example:443", Some("dev.example")),
        ] {
            let expected: Vec<_> = local.into_iter().chain(more).collect();
            assert_eq!(names(listen), expected, "{listen}");
        }
    }

    #[test]
    fn a_fingerprint_is_sha_256() {
        assert_eq!(
            fingerprint(b"abc"),
            "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:\
             B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD"
        );
    }
}
