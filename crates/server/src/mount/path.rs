/// Where the server is mounted: a path without its trailing slash.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    path: Box<str>,
    /// Whether a slash has to follow.
    slash: bool,
}

impl Default for Path {
    fn default() -> Self {
        Self {
            path: "/socket.io".into(),
            slash: true,
        }
    }
}

impl Path {
    pub(crate) fn new(path: &str) -> Self {
        assert!(
            path.starts_with('/'),
            "the path `{path}` has to begin with a slash"
        );
        Self {
            path: path.trim_end_matches('/').into(),
            slash: true,
        }
    }

    /// Whether a slash has to follow the path.
    pub(crate) fn with_slash(mut self, slash: bool) -> Self {
        self.slash = slash;
        self
    }

    pub(crate) fn needs_slash(&self) -> bool {
        self.slash
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.path
    }

    /// What follows the mount point and a slash, if the request is for it. Any prefix match reaches the
    /// engine, as in the reference; without the slash nothing does, unless it may be missing.
    pub(crate) fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(&*self.path)?;
        match rest.strip_prefix('/') {
            None if self.slash => None,
            None => Some(rest),
            below => below,
        }
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

    // parity: 1.E14
    #[test]
    fn without_it_any_prefix_is_a_match() {
        let path = Path::new("/socket.io").with_slash(false);
        assert_eq!(path.strip("/socket.io"), Some(""));
        assert_eq!(path.strip("/socket.io/"), Some(""));
        assert_eq!(path.strip("/socket.io/socket.io.js"), Some("socket.io.js"));
        assert_eq!(path.strip("/socket.iox"), Some("x"));
        assert_eq!(path.strip("/other"), None);
    }
}
