//! The page, embedded.

use axum::{
    Router,
    extract::Path,
    http::{
        HeaderName, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

/// Nothing from elsewhere, nothing inline: a message that slipped into the markup could still run nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const JS: &str = "text/javascript; charset=utf-8";

/// Name, type and content.
const FILES: [(&str, &str, &str); 8] = [
    (
        "",
        "text/html; charset=utf-8",
        include_str!("../page/index.html"),
    ),
    (
        "chat.css",
        "text/css; charset=utf-8",
        include_str!("../page/chat.css"),
    ),
    ("chat.js", JS, include_str!("../page/chat.js")),
    ("composer.js", JS, include_str!("../page/composer.js")),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("../page/icon.svg"),
    ),
    ("line.js", JS, include_str!("../page/line.js")),
    ("lists.js", JS, include_str!("../page/lists.js")),
    ("log.js", JS, include_str!("../page/log.js")),
];

/// Serves the page at `/chat/`; `/chat` leads there.
pub fn pages() -> Router {
    Router::new()
        .route("/chat", get(|| async { Redirect::temporary("/chat/") }))
        .route("/chat/", get(|| async { file("") }))
        .route(
            "/chat/{file}",
            get(|Path(name): Path<String>| async move { file(&name) }),
        )
}

fn file(name: &str) -> Response {
    let Some((_, kind, content)) = FILES.iter().find(|(known, ..)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers: [(HeaderName, &str); 5] = [
        (CONTENT_TYPE, *kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, *content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_served_with_its_type_and_policy() {
        for (name, kind, _) in FILES {
            let response = file(name);
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            assert_eq!(response.headers()[CONTENT_TYPE], kind, "{name}");
            assert_eq!(
                response.headers()[CONTENT_SECURITY_POLICY],
                POLICY,
                "{name}"
            );
        }
        assert_eq!(file("nothing.js").status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn what_the_page_asks_for_is_there() {
        let known = |name: &str| FILES.iter().any(|(file, ..)| *file == name);
        for (_, kind, content) in FILES {
            // each `from "./x.js"` of a module, and each relative address of the markup
            let mark = if kind == JS { "from \"./" } else { "=\"" };
            for rest in content.split(mark).skip(1) {
                let asked = rest.split('"').next().unwrap_or_default();
                let is_file = [".js", ".css", ".svg"]
                    .iter()
                    .any(|end| asked.ends_with(end));
                assert!(
                    !is_file || asked.starts_with("/socket.io/") || known(asked),
                    "{asked}"
                );
            }
        }
    }
}
