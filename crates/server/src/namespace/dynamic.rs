use std::{fmt, future::Future, sync::Arc};

use crate::{Handshake, Reject, handler::Pending};

/// Which namespaces come into being when a client asks for them.
///
/// A text is a pattern: `{…}` stands for one part of the name, of any characters but slashes, and `{*…}` at
/// the end for all that follows. A closure decides for itself, with a regular expression if it has to be.
///
/// ```
/// use sockeye::{Handshake, Namespace, NamespaceMatch, Reject, Server};
///
/// async fn exists(name: String, _: Handshake) -> Result<(), Reject> {
///     match name.ends_with("/42") {
///         true => Ok(()),
///         false => Err(Reject::new("no such room")),
///     }
/// }
///
/// let io = Server::builder()
///     .dynamic("/tenants/{id}", Namespace::new())
///     .dynamic(NamespaceMatch::when(|name| name.starts_with("/topic-")), Namespace::new())
///     .dynamic(NamespaceMatch::from("/rooms/{id}").check(exists), Namespace::new())
///     .build();
/// # let _ = io;
/// ```
pub struct NamespaceMatch {
    matches: Box<dyn Fn(&str) -> bool + Send + Sync>,
    check: Option<Arc<Check>>,
}

/// Decides, some time, whether a namespace comes into being.
pub(crate) type Check = dyn Fn(String, Handshake) -> Pending<Result<(), Reject>> + Send + Sync;

impl NamespaceMatch {
    /// Those that the closure says yes to. It runs for each name that is not there yet, and returns soon.
    #[must_use]
    pub fn when(matches: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self {
            matches: Box::new(matches),
            check: None,
        }
    }

    /// Asks once more before a namespace comes into being, for as long as it is not there: an async
    /// function of the name and of what the first client brought. What it refuses with is that client's
    /// `connect_error`.
    #[must_use]
    pub fn check<F, Fut>(mut self, check: F) -> Self
    where
        F: FnOnce(String, Handshake) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Reject>> + Send + 'static,
    {
        self.check = Some(Arc::new(move |name, handshake| {
            Box::pin(check.clone()(name, handshake))
        }));
        self
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        (self.matches)(name)
    }

    pub(crate) fn checked(&self) -> Option<Arc<Check>> {
        self.check.clone()
    }
}

impl From<&str> for NamespaceMatch {
    fn from(pattern: &str) -> Self {
        let pattern: Box<str> = pattern.into();
        Self::when(move |name| fits(&pattern, name))
    }
}

impl From<String> for NamespaceMatch {
    fn from(pattern: String) -> Self {
        Self::from(pattern.as_str())
    }
}

impl fmt::Debug for NamespaceMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamespaceMatch")
            .field("checks", &self.check.is_some())
            .finish_non_exhaustive()
    }
}

/// Whether a name fits a pattern, part by part.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = name.split('/');
    let mut patterns = pattern.split('/').peekable();
    while let Some(expected) = patterns.next() {
        let Some(part) = parts.next() else {
            return false;
        };
        let inside = expected
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match inside {
            Some(rest) if rest.starts_with('*') && patterns.peek().is_none() => {
                return !part.is_empty() || parts.next().is_some();
            }
            Some(_) if part.is_empty() => return false,
            Some(_) => {}
            None if part != expected => return false,
            None => {}
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_pattern_is_compared_part_by_part() {
        for (pattern, name, fit) in [
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("/a", "/a/b", false),
            ("/rooms/{id}", "/rooms/1", true),
            ("/rooms/{id}", "/rooms/", false),
            ("/rooms/{id}", "/rooms", false),
            ("/rooms/{id}", "/rooms/1/2", false),
            ("/{a}/x/{b}", "/1/x/2", true),
            ("/{a}/x/{b}", "/1/y/2", false),
            ("/files/{*path}", "/files/a/b/c", true),
            ("/files/{*path}", "/files/", false),
            ("/files/{*path}", "/files", false),
            ("/files/{*path}", "/other/a", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }
}
