use std::sync::LazyLock;

use axum::{
    Router,
    http::header::CONTENT_SECURITY_POLICY,
    response::{Html, IntoResponse},
    routing::get,
};

/// The page lists the demos; it has its style and its icon in itself, and no script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static INDEX: LazyLock<String> = LazyLock::new(|| {
    include_str!("../pages/index.html").replace("{{version}}", env!("CARGO_PKG_VERSION"))
});

/// The list of demos.
pub(crate) fn index() -> Router {
    Router::new().route("/", get(page))
}

async fn page() -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(INDEX.as_str()))
}
