//! What each fuzz target does with its input. A target panics where the library breaks a promise.
//!
//! The library's own tests include this file and replay the corpus through it.

mod extensions;
mod frames;
mod handshake_client;
mod handshake_server;
mod inflate;
mod messages;
mod reads;
mod seen;

/// A target's name, which its folder in the corpus has too, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 7] = [
    ("extensions", extensions::run),
    ("frames", frames::run),
    ("handshake_client", handshake_client::run),
    ("handshake_server", handshake_server::run),
    ("inflate", inflate::run),
    ("messages_client", messages::client),
    ("messages_server", messages::server),
];

/// Runs the target of this name.
///
/// # Panics
/// If there is none, or if the library breaks a promise on this input.
pub fn run(name: &str, input: &[u8]) {
    let (_, body) = TARGETS
        .iter()
        .find(|(found, _)| *found == name)
        .expect("a target of this name");
    body(input);
}
