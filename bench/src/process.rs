//! A server's process: its start, its clock, its memory, its end.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;

/// How to get a server.
#[derive(Debug, Clone)]
pub enum Recipe {
    /// Start this program; it prints `listening on ADDRESS:PORT`, with or without a scheme before the address.
    Start {
        /// Its file, or its name to be found in the path.
        program: PathBuf,
        /// What it is told.
        args: Vec<String>,
    },
    /// It runs already; without a process id its clock and memory stay unknown.
    Running {
        /// Where it listens.
        address: SocketAddrV4,
        /// Its process.
        pid: Option<i32>,
    },
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    pid: Option<Pid>,
    clock: Option<ClockId>,
    /// Where it listens.
    pub address: SocketAddrV4,
    /// The path that its requests name.
    pub path: String,
}

impl Server {
    /// Starts it, or finds it, and knows its clock.
    ///
    /// # Errors
    /// The system's, or what it said instead of its address.
    pub fn start(recipe: &Recipe, path: &str, pinned: bool) -> io::Result<Self> {
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
                    .map(|rest| rest.split_once("://").map_or(rest, |(_, address)| address))
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

    /// Address and port, as a `Host` header says them.
    #[must_use]
    pub fn host(&self) -> String {
        SocketAddr::V4(self.address).to_string()
    }

    /// User and system time that all threads of the process have used, ended ones too.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.clock
            .and_then(|clock| clock.now().ok())
            .map_or(Duration::ZERO, Duration::from)
    }

    /// Resident memory in KiB, counted page by page.
    ///
    /// # Errors
    /// If the process is gone.
    pub fn resident(&self) -> io::Result<u64> {
        self.kibibytes("smaps_rollup", "Rss:")
    }

    /// From now on [`peak`](Self::peak) counts anew.
    ///
    /// # Errors
    /// If the process is gone.
    pub fn reset_peak(&self) -> io::Result<()> {
        match self.pid {
            Some(pid) => fs::write(format!("/proc/{pid}/clear_refs"), "5"),
            None => Ok(()),
        }
    }

    /// The most resident memory since the reset, in KiB.
    ///
    /// # Errors
    /// If the process is gone.
    pub fn peak(&self) -> io::Result<u64> {
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
///
/// # Errors
/// If there is no such core.
pub fn pin(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores)?;
    Ok(())
}

/// How long the calling thread has been ready to run while others had its core.
///
/// # Errors
/// If the kernel does not count it.
pub fn kept_waiting() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split(' ').nth(1).and_then(|nanos| nanos.parse().ok());
    nanos
        .map(Duration::from_nanos)
        .ok_or_else(|| io::Error::other("no waiting time in schedstat"))
}

/// Lets this process, and the servers that inherit it, open `needed` files. Gives how many they may, if that is fewer.
///
/// # Errors
/// The system's.
pub fn allow_files(needed: u64) -> io::Result<Option<u64>> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < needed {
        setrlimit(Resource::RLIMIT_NOFILE, needed.min(hard), hard)?;
    }
    Ok((hard < needed).then_some(hard))
}

/// An address of this machine that differs from call to call: each has its own 28,000 ports.
#[must_use]
pub fn source(turn: u32) -> Ipv4Addr {
    let [_, _, high, low] = (turn % 2000).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low.saturating_add(1))
}
