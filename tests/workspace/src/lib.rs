//! Checks over the workspace itself: what `cargo metadata` says, and what the tracked files hold. The
//! tests are in `tests/`.
