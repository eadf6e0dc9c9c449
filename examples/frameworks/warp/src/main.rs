//! Socket.IO beside the filters of warp, which are a tower service: the fallback for all other requests.
//!
//! warp's own server takes filters alone, and a filter does not see the upgrade; so Sockeye serves.

use std::io;

use warp::Filter as _;

#[tokio::main]
async fn main() -> io::Result<()> {
    let routes = warp::path::end().map(|| "hello from warp");
    app::server()
        .serve(app::listen().await?)
        .fallback(warp::service(routes))
        .await
}
