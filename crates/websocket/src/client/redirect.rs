use http::header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderName, Response, StatusCode};

use super::ConnectError;
use super::target::Target;

/// A way that led elsewhere so far.
#[derive(Debug)]
pub(super) struct Way {
    first: Target,
    pub(super) target: Target,
    followed: usize,
    trusted: bool,
}

impl Way {
    pub(super) fn new(target: Target) -> Self {
        Self {
            first: target.clone(),
            target,
            followed: 0,
            trusted: true,
        }
    }

    /// Where the user asked to go.
    pub(super) fn first(&self) -> &Target {
        &self.first
    }

    /// Whether the way never left the origin that the user named. Once it did, whoever it led to
    /// decides where it goes, so coming back restores nothing.
    pub(super) fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// Follows a redirect.
    pub(super) fn follow(
        &mut self,
        status: StatusCode,
        location: String,
        limit: usize,
    ) -> Result<(), ConnectError> {
        if limit == 0 {
            return Err(ConnectError::Redirect { status, location });
        }
        if self.followed == limit {
            return Err(ConnectError::TooManyRedirects { limit, location });
        }
        let next = match self.target.redirected(&location) {
            Ok(next) => next,
            Err(source) => return Err(ConnectError::RedirectUrl { location, source }),
        };
        if self.target.is_secure() && !next.is_secure() {
            return Err(ConnectError::RedirectDowngrade { location });
        }
        self.trusted &= next.same_origin(&self.first);
        self.target = next;
        self.followed += 1;
        Ok(())
    }
}

/// The `Location` of a redirect (RFC 9110 15.4). A status without one is no redirect, and 300, 304
/// and the rest never are.
pub(super) fn location<T>(response: &Response<T>) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.as_bytes();
    // The URL standard takes any text; what is no UTF-8 is shown as it can be.
    Some(String::from_utf8_lossy(location).into_owned())
}

/// Headers that are meant for the server that the user named and for no other.
pub(super) fn is_secret(name: &str) -> bool {
    [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION]
        .iter()
        .map(HeaderName::as_str)
        .any(|secret| name.eq_ignore_ascii_case(secret))
}
