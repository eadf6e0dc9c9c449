//! What load generators and their servers share: frames, the bytes of both sides of every exchange made before anything
//! is measured, many connections on one thread, a server's process and its clock.

#[cfg(target_os = "linux")]
pub mod fault;
#[cfg(target_os = "linux")]
pub mod fleet;
pub mod frame;
#[cfg(target_os = "linux")]
pub mod link;
#[cfg(target_os = "linux")]
pub mod meter;
pub mod packet;
#[cfg(target_os = "linux")]
pub mod process;
pub mod ring;
pub mod script;
pub mod table;
