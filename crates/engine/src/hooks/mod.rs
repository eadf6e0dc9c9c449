//! What the application does with requests: lets them in, marks their answers, hears of refusals.

mod cookie;

use std::{borrow::Cow, fmt, future::Future, pin::Pin, sync::Arc};

pub use cookie::{Cookie, Priority, SameSite};
use http::{HeaderMap, Method, header, request::Parts};

use crate::{RemoteAddr, Secure, Sid, query_pairs};

/// What a request that asks for a session gets: its identifier, or no session.
pub(crate) type Verdict = Pin<Box<dyn Future<Output = Result<Sid, Denied>> + Send>>;

/// Why the application wants no session.
pub(crate) enum Denied {
    Forbidden(String),
    NoId(String),
}

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;
type AllowRequest = dyn Fn(&Parts) -> Answer<()> + Send + Sync;
type GenerateId = dyn Fn(&Parts) -> Answer<Sid> + Send + Sync;
type MarkAnswer = dyn Fn(&mut HeaderMap, &Parts) + Send + Sync;
type HearRefusal = dyn Fn(&Refusal<'_>) + Send + Sync;

/// Functions of the application that see requests. None costs anything as long as it is not there; with one
/// of them a copy of each request's head is kept until its answer.
///
/// A panic in one of them ends the request, as in any service.
#[derive(Clone, Default)]
pub struct Hooks {
    allow_request: Option<Arc<AllowRequest>>,
    generate_id: Option<Arc<GenerateId>>,
    initial_headers: Option<Arc<MarkAnswer>>,
    headers: Option<Arc<MarkAnswer>>,
    connection_error: Option<Arc<HearRefusal>>,
}

/// A request that was refused.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Refusal<'a> {
    /// Its head. The extensions are [`RemoteAddr`] and [`Secure`], as far as they are known.
    pub request: &'a Parts,
    /// The code of the answer: 0 transport unknown, 1 session unknown, 2 bad handshake method, 3 bad
    /// request, 4 forbidden, 5 unsupported protocol version.
    pub code: Option<u8>,
    /// What the client is told.
    pub message: &'a str,
    /// Its name, such as `TRANSPORT_MISMATCH`: more of it than there are codes, and one for each refusal.
    pub context: &'a str,
}

impl Refusal<'_> {
    /// The transport that the request names.
    #[must_use]
    pub fn transport(&self) -> Option<Cow<'_, str>> {
        self.parameter("transport")
    }

    /// The identifier of the session that the request names. It gives access to that session, if there is
    /// one: write no more than its beginning to a log.
    #[must_use]
    pub fn sid(&self) -> Option<Cow<'_, str>> {
        self.parameter("sid")
    }

    /// The version of Engine.IO's protocol that the request names; a client that names none speaks version 3.
    #[must_use]
    pub fn protocol(&self) -> Option<Cow<'_, str>> {
        self.parameter("EIO")
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.request.method
    }

    /// The page that caused the request, if a browser tells.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.request.headers.get(header::ORIGIN)?.to_str().ok()
    }

    fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let query = self.request.uri.query()?;
        let mut pairs = query_pairs(query);
        pairs.find_map(|(key, value)| (key == name).then_some(value))
    }
}

impl Hooks {
    /// Asks `allow` about each request that begins a session.
    pub fn allow_request<F, E>(
        &mut self,
        allow: impl Fn(&Parts) -> F + Send + Sync + 'static,
    ) -> &mut Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        self.allow_request = Some(Arc::new(move |request| {
            let verdict = allow(request);
            Box::pin(async move { verdict.await.map_err(|error| error.to_string()) })
        }));
        self
    }

    /// Lets `generate` choose the identifier of each session, once it is allowed.
    pub fn generate_id<F, E>(
        &mut self,
        generate: impl Fn(&Parts) -> F + Send + Sync + 'static,
    ) -> &mut Self
    where
        F: Future<Output = Result<Sid, E>> + Send + 'static,
        E: fmt::Display,
    {
        self.generate_id = Some(Arc::new(move |request| {
            let sid = generate(request);
            Box::pin(async move { sid.await.map_err(|error| error.to_string()) })
        }));
        self
    }

    /// Lets `mark` add headers to the answer that begins a session.
    pub fn initial_headers(
        &mut self,
        mark: impl Fn(&mut HeaderMap, &Parts) + Send + Sync + 'static,
    ) -> &mut Self {
        self.initial_headers = Some(Arc::new(mark));
        self
    }

    /// Lets `mark` add headers to every answer that is no refusal.
    pub fn headers(
        &mut self,
        mark: impl Fn(&mut HeaderMap, &Parts) + Send + Sync + 'static,
    ) -> &mut Self {
        self.headers = Some(Arc::new(mark));
        self
    }

    /// Tells `hear` of each request that is refused.
    pub fn connection_error(
        &mut self,
        hear: impl Fn(&Refusal<'_>) + Send + Sync + 'static,
    ) -> &mut Self {
        self.connection_error = Some(Arc::new(hear));
        self
    }

    /// A copy of a request's head, if anybody will ask for it once the request has gone.
    pub(crate) fn keep(&self, request: &Parts) -> Option<Box<Parts>> {
        if self.initial_headers.is_none()
            && self.headers.is_none()
            && self.connection_error.is_none()
        {
            return None;
        }
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.method = request.method.clone();
        head.uri = request.uri.clone();
        head.version = request.version;
        head.headers = request.headers.clone();
        if let Some(address) = request.extensions.get::<RemoteAddr>() {
            head.extensions.insert(*address);
        }
        if let Some(secure) = request.extensions.get::<Secure>() {
            head.extensions.insert(*secure);
        }
        Some(Box::new(head))
    }

    pub(crate) fn ask(&self, request: &Parts) -> Option<Verdict> {
        if self.allow_request.is_none() && self.generate_id.is_none() {
            return None;
        }
        let allowed = self.allow_request.as_ref().map(|allow| allow(request));
        // What it needs of the request it has to take now; it runs once the request is allowed.
        let sid = self.generate_id.as_ref().map(|generate| generate(request));
        Some(Box::pin(async move {
            if let Some(allowed) = allowed {
                allowed.await.map_err(Denied::Forbidden)?;
            }
            match sid {
                Some(sid) => sid.await.map_err(Denied::NoId),
                None => Ok(Sid::random()),
            }
        }))
    }

    pub(crate) fn mark(&self, headers: &mut HeaderMap, request: &Parts, initial: bool) {
        if initial && let Some(mark) = &self.initial_headers {
            mark(headers, request);
        }
        if let Some(mark) = &self.headers {
            mark(headers, request);
        }
    }

    pub(crate) fn refused(
        &self,
        request: Option<&Parts>,
        code: Option<u8>,
        message: &str,
        context: &str,
    ) {
        if let (Some(hear), Some(request)) = (&self.connection_error, request) {
            hear(&Refusal {
                request,
                code,
                message,
                context,
            });
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("allow_request", &self.allow_request.is_some())
            .field("generate_id", &self.generate_id.is_some())
            .field("initial_headers", &self.initial_headers.is_some())
            .field("headers", &self.headers.is_some())
            .field("connection_error", &self.connection_error.is_some())
            .finish()
    }
}
