//! Listening: sockets are bound on any thread (so that errors come before shards start) and
//! accepted from on a shard.

use std::future::poll_fn;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::task::Poll;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

use super::Stream;
use crate::executor::current::{try_with_core, with_core};
use crate::table::Key;
use crate::time::sleep;

/// How long accepting pauses when descriptors or memory have run out: first and at most.
const BACKOFF_FIRST: Duration = Duration::from_millis(5);
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// A socket that listens and has no shard yet.
pub struct BoundListener {
    socket: Socket,
}

/// Binds a TCP address for one of several shards (SO_REUSEPORT): the kernel spreads connections
/// over all listeners of the address. `backlog` is capped by net.core.somaxconn.
///
/// # Errors
/// Whatever bind(2) or listen(2) says.
pub fn bind_tcp(address: SocketAddr, backlog: i32) -> io::Result<BoundListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM.nonblocking(),
        None,
    )?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    if address.is_ipv6() {
        // "[::]" and "0.0.0.0" are two listeners; who wants both families says both.
        socket.set_only_v6(true)?;
    }
    // Inherited by every connection, so that no system call is spent on each.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(backlog)?;
    Ok(BoundListener { socket })
}

/// Finds out whether a TCP address is free, also from listeners that share their port: binds it
/// alone and lets it go.
///
/// # Errors
/// Whatever bind(2) says.
pub fn try_bind(address: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&SockAddr::from(address))
}

/// Binds a unix socket. Shards share it through [`BoundListener::try_clone`].
///
/// # Errors
/// Whatever bind(2) or listen(2) says.
pub fn bind_unix(path: &Path, backlog: i32) -> io::Result<BoundListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    socket.listen(backlog)?;
    Ok(BoundListener { socket })
}

impl BoundListener {
    /// The address with the port that the kernel chose, for TCP.
    ///
    /// # Errors
    /// Whatever getsockname(2) says.
    pub fn address(&self) -> io::Result<Option<SocketAddr>> {
        Ok(self.socket.local_addr()?.as_socket())
    }

    /// The same listening socket for another shard.
    ///
    /// # Errors
    /// Whatever dup(2) says.
    pub fn try_clone(&self) -> io::Result<BoundListener> {
        Ok(BoundListener {
            socket: self.socket.try_clone()?,
        })
    }

    /// Hands the listener to this thread's shard.
    ///
    /// # Errors
    /// Whatever the driver says to one descriptor more.
    pub fn start(self) -> io::Result<Listener> {
        let socket = OwnedFd::from(self.socket);
        let key = with_core(|core| core.driver.borrow_mut().listen(socket))?;
        Ok(Listener {
            key,
            local: PhantomData,
        })
    }
}

/// A listener on its shard. Dropping it stops accepting and closes what was not handed out.
pub struct Listener {
    key: Key,
    /// Belongs to its shard's thread.
    local: PhantomData<*const ()>,
}

impl Listener {
    /// The next connection. Want of descriptors or memory pauses accepting (counted in
    /// [`crate::Report::accept_backoffs`]) and is not an error of the listener. One task accepts
    /// at a time.
    ///
    /// # Errors
    /// What is wrong with the listening socket itself.
    pub async fn accept(&self) -> io::Result<Stream> {
        let mut backoff = BACKOFF_FIRST;
        loop {
            let accepted = poll_fn(|context| {
                with_core(|core| match core.poll_budget(context) {
                    Poll::Ready(()) => core.driver.borrow_mut().poll_accept(self.key, context),
                    Poll::Pending => Poll::Pending,
                })
            })
            .await;
            match accepted {
                Ok(socket) => return Ok(Stream::new(socket)),
                Err(error) => match error.raw_os_error() {
                    // ENOSPC: epoll's own limit (fs.epoll.max_user_watches).
                    Some(
                        libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::ENOSPC,
                    ) => {
                        with_core(|core| {
                            core.accept_backoffs.set(core.accept_backoffs.get() + 1);
                        });
                        sleep(backoff).await;
                        backoff = (backoff * 2).min(BACKOFF_MAX);
                    }
                    // The connection died in the queue; the listener is well.
                    Some(
                        libc::ECONNABORTED
                        | libc::EPROTO
                        | libc::EPERM
                        | libc::ENETDOWN
                        | libc::EHOSTUNREACH
                        | libc::ENETUNREACH
                        | libc::EINTR,
                    ) => {}
                    _ => return Err(error),
                },
            }
        }
    }

    /// How many connections wait to be accepted; `None` where the kernel does not tell (unix
    /// sockets).
    pub fn waiting(&self) -> Option<u32> {
        with_core(|core| {
            let mut driver = core.driver.borrow_mut();
            driver.listener_fd(self.key).and_then(accept_queue)
        })
    }

    /// Narrows the queue of connections not accepted yet to almost nothing, so that a listener
    /// about to close can hand over what is queued and gets little more.
    ///
    /// # Errors
    /// Whatever listen(2) says.
    pub fn shrink_backlog(&self) -> io::Result<()> {
        with_core(|core| {
            let mut driver = core.driver.borrow_mut();
            match driver.listener_fd(self.key) {
                Some(fd) => Ok(rustix::net::listen(fd, 0)?),
                None => Ok(()),
            }
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        try_with_core(|core| core.driver.borrow_mut().close_listener(self.key));
    }
}

/// TCP_INFO of a listening socket has the length of its accept queue where that of a connection
/// has the segments not acknowledged.
fn accept_queue(listener: BorrowedFd<'_>) -> Option<u32> {
    // SAFETY: all-zero bytes are a valid tcp_info (integers only).
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the descriptor is open; the kernel writes at most `length` bytes into `info`.
    let result = unsafe {
        libc::getsockopt(
            listener.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        )
    };
    (result == 0).then_some(info.tcpi_unacked)
}
