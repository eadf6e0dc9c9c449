//! Peers that break the rules: each gets the reference's answer or close reason, the counter that stands
//! for it moves, and nobody else notices.

mod floods;
mod frames;
mod payloads;
mod requests;
#[path = "../support/mod.rs"]
mod support;
