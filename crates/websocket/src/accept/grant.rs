use http::header::{HOST, HeaderMap, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use http::uri::Authority;
use http::{Method, Request, Response, Uri, Version};

use super::{Origins, Policy, Refusal};
use crate::handshake::{elements, extended_connect, extensions, server};
use crate::{Config, Negotiated};

/// A request that keeps the rules, and what is granted of what it offers.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    answer: Answer,
    /// Where the request went to.
    authority: Option<Authority>,
    /// The request's.
    headers: HeaderMap,
}

/// What a request asks for.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'r> {
    pub(crate) method: &'r Method,
    pub(crate) version: Version,
    pub(crate) uri: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
}

#[derive(Clone, Debug)]
enum Answer {
    Http1(server::Accept),
    #[cfg_attr(
        not(feature = "http2"),
        expect(dead_code, reason = "only hyper speaks HTTP/2")
    )]
    Http2(extended_connect::server::Accept),
}

impl<'r, B> From<&'r Request<B>> for Asked<'r> {
    fn from(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            version: request.version(),
            uri: request.uri(),
            headers: request.headers(),
        }
    }
}

impl Grant {
    /// Judges a request over HTTP/1.1.
    pub(crate) fn http1(asked: Asked<'_>) -> Result<Self, Refusal> {
        let accepted = server::accept(asked.method, asked.version, asked.headers)?;
        Ok(Self::new(Answer::Http1(accepted), asked))
    }

    /// Judges a request over HTTP/2.
    #[cfg(feature = "http2")]
    pub(crate) fn http2(asked: Asked<'_>, protocol: Option<&str>) -> Result<Self, Refusal> {
        let (method, version, headers) = (asked.method, asked.version, asked.headers);
        let accepted = extended_connect::server::accept(method, version, protocol, headers)?;
        Ok(Self::new(Answer::Http2(accepted), asked))
    }

    fn new(answer: Answer, asked: Asked<'_>) -> Self {
        // RFC 9112 3.2.2: an absolute target overrules `Host`; in HTTP/2 it is `:authority`.
        let host = || Authority::try_from(asked.headers.get(HOST)?.as_bytes()).ok();
        let mut grant = Self {
            answer,
            authority: asked.uri.authority().cloned().or_else(host),
            headers: asked.headers.clone(),
        };
        // The application chooses one, or there is none.
        grant.set_protocol(None);
        grant
    }

    /// Applies all of a policy.
    pub(crate) fn policy(mut self, policy: &Policy) -> Result<Self, Refusal> {
        self.origins(&policy.origins)?;
        self.choose_protocol(&policy.protocols);
        self.config(&policy.config);
        Ok(self)
    }

    pub(crate) fn origins(&self, origins: &Origins) -> Result<(), Refusal> {
        match origins.refused(&self.headers, self.authority.as_ref()) {
            Some(origin) => Err(Refusal::Origin(origin)),
            None => Ok(()),
        }
    }

    /// Chooses the client's most wanted subprotocol of those that the server speaks.
    pub(crate) fn choose_protocol(&mut self, supported: &[impl AsRef<str>]) {
        let mut offered = elements(&self.headers, SEC_WEBSOCKET_PROTOCOL);
        let known = |offer: &&[u8]| {
            supported
                .iter()
                .any(|name| name.as_ref().as_bytes() == *offer)
        };
        let chosen = offered.find(known).map(HeaderValue::from_bytes);
        drop(offered);
        self.set_protocol(chosen.and_then(Result::ok));
    }

    /// Grants what this configuration wants of permessage-deflate.
    pub(crate) fn config(&mut self, config: &Config) {
        let options = config.get().deflate;
        let options = options.filter(|_| cfg!(feature = "deflate"));
        let negotiate = |options| extensions::negotiate(&self.headers, &options);
        // The list was judged with the rest of the request.
        let deflate = options.map(negotiate).and_then(Result::ok).flatten();
        match &mut self.answer {
            Answer::Http1(accepted) => accepted.deflate = deflate,
            Answer::Http2(accepted) => accepted.deflate = deflate,
        }
    }

    #[cfg(feature = "hyper")]
    pub(crate) fn offered_protocols(&self) -> impl Iterator<Item = &str> {
        let offered = elements(&self.headers, SEC_WEBSOCKET_PROTOCOL);
        offered.filter_map(|name| std::str::from_utf8(name).ok())
    }

    pub(crate) fn protocol(&self) -> Option<&str> {
        let protocol = match &self.answer {
            Answer::Http1(accepted) => &accepted.protocol,
            Answer::Http2(accepted) => &accepted.protocol,
        };
        protocol.as_ref().and_then(|name| name.to_str().ok())
    }

    fn set_protocol(&mut self, protocol: Option<HeaderValue>) {
        match &mut self.answer {
            Answer::Http1(accepted) => accepted.protocol = protocol,
            Answer::Http2(accepted) => accepted.protocol = protocol,
        }
    }

    #[cfg(feature = "hyper")]
    pub(crate) fn is_http2(&self) -> bool {
        matches!(self.answer, Answer::Http2(_))
    }

    pub(crate) fn response(&self) -> Response<()> {
        match &self.answer {
            Answer::Http1(accepted) => accepted.response(),
            Answer::Http2(accepted) => accepted.response(),
        }
    }

    /// What was agreed on, for the WebSocket; `early` was read behind the handshake.
    pub(crate) fn negotiated(&self, early: Vec<u8>) -> Negotiated {
        let deflate = match &self.answer {
            Answer::Http1(accepted) => accepted.deflate,
            Answer::Http2(accepted) => accepted.deflate,
        };
        Negotiated {
            protocol: self.protocol().map(str::to_owned),
            deflate,
            early,
        }
    }
}
