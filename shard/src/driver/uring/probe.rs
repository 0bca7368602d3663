//! What this kernel's io_uring can do, found out by doing it.
//!
//! Version numbers lie (backports, sandboxes), so each ability is tried. Two are required,
//! because without them the driver would be a worse epoll: provided-buffer rings and accept into
//! the ring. The rest can be missing, and can be masked so that tests see each case.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use io_uring::{Probe, opcode, types};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::buffers::GROUP;
use super::ring::{Ring, limited};

/// Abilities of the ring that a driver can do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Abilities {
    /// IORING_SETUP_SINGLE_ISSUER (6.0).
    pub single_issuer: bool,
    /// IORING_SETUP_DEFER_TASKRUN (6.1).
    pub defer_taskrun: bool,
    /// The ring's own descriptor registered with its thread (5.18).
    pub registered_ring: bool,
    /// Connections in the ring's file table instead of the process's (needs FIXED_FD_INSTALL,
    /// 6.8, so that a file can be sent with sendfile).
    pub direct_descriptors: bool,
    /// One receive operation for many receives (6.0).
    pub multishot_recv: bool,
    /// A limit on the bytes of a multishot receive (6.17). Without it a fast peer can take many
    /// buffers in one go, before the cancel that caps it is seen.
    pub receive_limit: bool,
    /// One accept operation for many connections (5.19).
    pub multishot_accept: bool,
    /// Sends that complete at once post no completion (5.17): one system call a turn instead of
    /// two.
    pub quiet_sends: bool,
}

impl Abilities {
    /// Everything; what the kernel lacks is cleared when the ring is made.
    pub const ALL: Abilities = Abilities {
        single_issuer: true,
        defer_taskrun: true,
        registered_ring: true,
        direct_descriptors: true,
        multishot_recv: true,
        receive_limit: true,
        multishot_accept: true,
        quiet_sends: true,
    };

    /// Names and states, for reports.
    pub fn list(&self) -> [(&'static str, bool); 8] {
        [
            ("single_issuer", self.single_issuer),
            ("defer_taskrun", self.defer_taskrun),
            ("registered_ring", self.registered_ring),
            ("direct_descriptors", self.direct_descriptors),
            ("multishot_recv", self.multishot_recv),
            ("receive_limit", self.receive_limit),
            ("multishot_accept", self.multishot_accept),
            ("quiet_sends", self.quiet_sends),
        ]
    }
}

/// Why io_uring cannot be used here, in one sentence with the remedy.
#[derive(Debug)]
pub struct Unavailable {
    reason: String,
}

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unavailable {}

impl Unavailable {
    pub(super) fn because(reason: impl Into<String>) -> Unavailable {
        Unavailable {
            reason: reason.into(),
        }
    }

    /// What io_uring_setup's refusal means.
    pub(super) fn setup(error: &io::Error) -> Unavailable {
        let disabled = std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled")
            .map(|text| text.trim().to_owned())
            .unwrap_or_default();
        Unavailable::because(match (error.raw_os_error(), disabled.as_str()) {
            (Some(libc::EPERM), "1" | "2") => format!(
                "io_uring is switched off on this host (kernel.io_uring_disabled = {disabled}); \
                 set it to 0 to allow it"
            ),
            (Some(libc::EPERM | libc::EACCES), _) => "io_uring is blocked for this process, most \
                 likely by the container's seccomp profile; allow io_uring_setup, io_uring_enter \
                 and io_uring_register in the profile"
                .to_owned(),
            (Some(libc::ENOSYS), _) => "this kernel (or its sandbox) has no io_uring; it came \
                 with Linux 5.1 and is needed from 6.0 on"
                .to_owned(),
            (Some(libc::ENOMEM), _) => "io_uring found too little lockable memory; raise \
                 `ulimit -l` (RLIMIT_MEMLOCK)"
                .to_owned(),
            (Some(libc::EMFILE | libc::ENFILE), _) => {
                "no descriptor is left for a ring; raise `ulimit -n`".to_owned()
            }
            _ => format!("io_uring cannot be set up: {error}"),
        })
    }
}

/// Clears the abilities that the kernel's operations do not cover.
pub(super) fn narrow(ring: &mut Ring, abilities: &mut Abilities) -> Result<(), Unavailable> {
    let mut probe = Probe::new();
    ring.submitter()
        .register_probe(&mut probe)
        .map_err(|error| Unavailable::setup(&error))?;
    for (code, name) in [
        (opcode::Accept::CODE, "accept"),
        (opcode::Send::CODE, "send"),
        (opcode::OpenAt2::CODE, "openat2"),
        (opcode::Shutdown::CODE, "shutdown"),
        (opcode::Socket::CODE, "socket"),
    ] {
        if !probe.is_supported(code) {
            return Err(Unavailable::because(format!(
                "this kernel's io_uring lacks {name}; Linux 6.0 or later has it"
            )));
        }
    }
    if !ring.has_timeouts() {
        return Err(Unavailable::because(
            "this kernel's io_uring cannot wait with a timeout; Linux 6.0 or later can",
        ));
    }
    if !ring.has_quiet_success() {
        abilities.quiet_sends = false;
    }
    if !probe.is_supported(opcode::FixedFdInstall::CODE) {
        abilities.direct_descriptors = false;
    }
    // SendZc came with 6.0, as did the multishot receive, which has no operation code of its own.
    if !probe.is_supported(opcode::SendZc::CODE) {
        abilities.multishot_recv = false;
    }
    if abilities.receive_limit {
        abilities.receive_limit =
            takes_receive_limit(ring).map_err(|error| Unavailable::setup(&error))?;
    }
    Ok(())
}

/// Whether a multishot receive takes a limit: tried on a socket whose other end is closed. With
/// no buffers registered yet it fails one way or another, but only for want of the limit with
/// EINVAL.
fn takes_receive_limit(ring: &mut Ring) -> io::Result<bool> {
    let (socket, _) = socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let fd = types::Fd(socket.as_raw_fd());
    let receive = limited(opcode::RecvMulti::new(fd, GROUP).build(), 1);
    // SAFETY: the receive points to nothing, and the ring is dropped before anything is
    // registered if it should not end within this call.
    unsafe { ring.push(receive) };
    let mut completions = Vec::new();
    ring.submit_and_wait(Some(Duration::from_secs(1)), &mut completions)?;
    match completions.as_slice() {
        [completion] => Ok(completion.result != -libc::EINVAL),
        _ => Err(io::ErrorKind::TimedOut.into()),
    }
}
