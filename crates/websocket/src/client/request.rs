use http::header::{AUTHORIZATION, COOKIE};

use super::ConnectError;
use super::credentials::Credentials;
use super::redirect::{Way, is_secret};
use crate::deflate;
use crate::handshake::client::Request;

/// What the user wants to be said in requests.
#[derive(Clone, Default)]
pub(super) struct Ask {
    pub(super) headers: Vec<(String, String)>,
    pub(super) cookies: Vec<(String, String)>,
    pub(super) credentials: Option<Credentials>,
    pub(super) protocols: Vec<String>,
}

impl Ask {
    /// A request of its own for each connection, without what is none of that server's business.
    pub(super) fn request(
        &self,
        way: &Way,
        deflate: Option<&deflate::Options>,
    ) -> Result<Request, ConnectError> {
        let target = &way.target;
        let mut request = Request::new(&target.authority(), &target.resource())?;
        for (name, value) in &self.headers {
            let later = name.eq_ignore_ascii_case(COOKIE.as_str());
            if !later && (way.is_trusted() || !is_secret(name)) {
                request = request.header(name, value)?;
            }
        }
        if way.is_trusted() {
            let explicit = self.has(AUTHORIZATION.as_str());
            let credentials = self
                .credentials
                .as_ref()
                .or_else(|| way.first().credentials());
            if let (Some(credentials), false) = (credentials, explicit) {
                request = request.header("Authorization", &credentials.basic()?)?;
            }
            let cookies = self.cookies()?;
            if !cookies.is_empty() {
                request = request.header("Cookie", &cookies.join("; "))?;
            }
        }
        for protocol in &self.protocols {
            request = request.protocol(protocol)?;
        }
        match deflate {
            Some(options) if cfg!(feature = "deflate") => Ok(request.deflate(options)),
            _ => Ok(request),
        }
    }

    fn has(&self, header: &str) -> bool {
        self.headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(header))
    }

    /// RFC 6265 5.4: "the user agent MUST NOT attach more than one Cookie header field".
    fn cookies(&self) -> Result<Vec<String>, ConnectError> {
        let mut cookies: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(COOKIE.as_str()))
            .map(|(_, value)| value.clone())
            .collect();
        for (name, value) in &self.cookies {
            if !is_cookie(name, value) {
                return Err(ConnectError::Cookie { name: name.clone() });
            }
            cookies.push(format!("{name}={value}"));
        }
        Ok(cookies)
    }
}

/// RFC 6265 4.1.1, but for commas, quotes, backslashes and inner spaces in values: servers set
/// such cookies and want them back.
fn is_cookie(name: &str, value: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
    let octet = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && byte != b';';
    !name.is_empty()
        && name.bytes().all(token)
        && value.bytes().all(octet)
        && value.trim_matches(' ').len() == value.len()
}
