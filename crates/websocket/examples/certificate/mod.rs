//! A certificate for the run, that no browser trusts without being told.

use std::error::Error;
use std::net::SocketAddr;

use sockeye_websocket::tls::Acceptor;

pub(crate) fn self_signed(address: SocketAddr) -> Result<Acceptor, Box<dyn Error>> {
    let names = ["localhost".to_owned(), address.ip().to_string()];
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = made.signing_key.serialize_der();
    Ok(Acceptor::from_der(
        vec![made.cert.der().clone()],
        key.try_into()?,
    )?)
}
