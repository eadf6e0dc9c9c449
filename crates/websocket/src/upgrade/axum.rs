//! [`Upgrade`] as an argument of axum's handlers.

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use super::Upgrade;
use crate::accept::Refusal;

/// A handler that takes an [`Upgrade`] is called for requests for WebSockets only; others get the
/// [`Refusal`]'s response. With a layer `axum::Extension(policy)`, the
/// [`Policy`](crate::accept::Policy) is applied first, and refusals are counted in its
/// [`Config::stats`](crate::Config::stats).
///
/// ```
/// use axum::Router;
/// use axum::response::{IntoResponse, Response};
/// use axum::routing::any;
/// use sockeye_websocket::accept::{Origins, Refusal};
/// use sockeye_websocket::upgrade::Upgrade;
///
/// async fn echo(upgrade: Upgrade) -> Result<impl IntoResponse, Refusal> {
///     let upgrade = upgrade.origins(&Origins::same())?;
///     Ok(upgrade.on_upgrade(async |mut socket| {
///         let _ = socket.for_each(|message, answers| answers.send(message)).await;
///     }))
/// }
///
/// let app: Router = Router::new().route("/echo", any(echo)); // CONNECT over HTTP/2, else GET
/// # let _ = app;
/// ```
impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Self::from_parts(parts)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        Self::response(&self).into_response()
    }
}
