//! A server's process: its start, its clock, its memory, its end.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;

/// How to get a server.
#[derive(Debug, Clone)]
pub(crate) enum Recipe {
    /// Start this program; it prints `listening on ADDRESS:PORT`.
    Start { program: PathBuf, args: Vec<String> },
    /// It runs already; without a process id its clock and memory stay unknown.
    Running {
        address: SocketAddrV4,
        pid: Option<i32>,
    },
}

/// A server that listens.
#[derive(Debug)]
pub(crate) struct Server {
    child: Option<Child>,
    pid: Option<Pid>,
    clock: Option<ClockId>,
    pub(crate) address: SocketAddrV4,
    pub(crate) path: String,
}

impl Server {
    pub(crate) fn start(recipe: &Recipe, path: &str, pinned: bool) -> io::Result<Self> {
        let (child, pid, address) = match recipe {
            Recipe::Running { address, pid } => (None, *pid, *address),
            Recipe::Start { program, args } => {
                // A child inherits the cores it may run on, with all the threads that it starts.
                if pinned {
                    pin(SERVER_CORE)?;
                }
                let spawned = Command::new(program)
                    .args(args)
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .spawn();
                if pinned {
                    pin(GENERATOR_CORE)?;
                }
                let mut child = spawned?;
                let stdout = child.stdout.take().expect("stdout is piped");
                let mut line = String::new();
                BufReader::new(stdout).read_line(&mut line)?;
                let address = line
                    .trim()
                    .strip_prefix("listening on ")
                    .and_then(|rest| rest.parse().ok());
                let Some(address) = address else {
                    child.kill()?;
                    child.wait()?;
                    return Err(io::Error::other(format!(
                        "{} said {line:?}",
                        program.display()
                    )));
                };
                let pid = child.id() as i32;
                (Some(child), Some(pid), address)
            }
        };
        let pid = pid.map(Pid::from_raw);
        let clock = pid.map(clock_getcpuclockid).transpose()?;
        Ok(Self {
            child,
            pid,
            clock,
            address,
            path: path.to_owned(),
        })
    }

    pub(crate) fn host(&self) -> String {
        SocketAddr::V4(self.address).to_string()
    }

    /// User and system time that all threads of the process have used, ended ones too.
    pub(crate) fn cpu(&self) -> Duration {
        self.clock
            .and_then(|clock| clock.now().ok())
            .map_or(Duration::ZERO, Duration::from)
    }

    /// Resident memory in KiB, counted page by page.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        self.kibibytes("smaps_rollup", "Rss:")
    }

    /// From now on [`peak`](Self::peak) counts anew.
    pub(crate) fn reset_peak(&self) -> io::Result<()> {
        match self.pid {
            Some(pid) => fs::write(format!("/proc/{pid}/clear_refs"), "5"),
            None => Ok(()),
        }
    }

    /// The most resident memory since the reset, in KiB.
    pub(crate) fn peak(&self) -> io::Result<u64> {
        self.kibibytes("status", "VmHWM:")
    }

    fn kibibytes(&self, file: &str, field: &str) -> io::Result<u64> {
        let Some(pid) = self.pid else { return Ok(0) };
        let text = fs::read_to_string(format!("/proc/{pid}/{file}"))?;
        let value = text.lines().find_map(|line| line.strip_prefix(field));
        let number = value.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok());
        number.ok_or_else(|| io::Error::other(format!("no {field} in {file}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Keeps the calling thread, and what it starts from now on, on one core.
pub(crate) fn pin(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores)?;
    Ok(())
}

/// How long the calling thread has been ready to run while others had its core.
pub(crate) fn kept_waiting() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split(' ').nth(1).and_then(|nanos| nanos.parse().ok());
    nanos
        .map(Duration::from_nanos)
        .ok_or_else(|| io::Error::other("no waiting time in schedstat"))
}

/// An address of this machine that differs from call to call: each has its own 28,000 ports.
pub(crate) fn source(turn: u32) -> Ipv4Addr {
    let [_, _, high, low] = (turn % 2000).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low.saturating_add(1))
}
