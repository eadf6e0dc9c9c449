/// Where the server is mounted: a path without its trailing slash.
#[derive(Debug, Clone)]
pub(crate) struct Path(Box<str>);

impl Default for Path {
    fn default() -> Self {
        Self("/socket.io".into())
    }
}

impl Path {
    pub(crate) fn new(path: &str) -> Self {
        assert!(
            path.starts_with('/'),
            "the path `{path}` has to begin with a slash"
        );
        Self(path.trim_end_matches('/').into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the mount point and a slash, if the request is for it. Any prefix match reaches the
    /// engine, as in the reference; without the slash nothing does.
    pub(crate) fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&*self.0)?.strip_prefix('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // parity: 1.E14 3.1
    #[test]
    fn the_mount_point_needs_its_slash() {
        let path = Path::new("/socket.io/");
        assert_eq!(path.strip("/socket.io/"), Some(""));
        assert_eq!(path.strip("/socket.io/xyz"), Some("xyz"));
        assert_eq!(path.strip("/socket.io"), None);
        assert_eq!(path.strip("/other/"), None);
    }
}
