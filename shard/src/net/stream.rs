//! A connection: receive, send, send a file, finish.
//!
//! A stream is 12 bytes; its state lives with the driver. Dropping it abandons the connection:
//! what is in flight ends first, then the descriptor closes, all without the owner. Who wants
//! the peer to have every byte calls [`Stream::finish`].

use std::future::poll_fn;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::task::{Context, Poll};

use rustix::io::Errno;
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use crate::buffer::Chunk;
use crate::driver::{Driver, Operation, Outcome, SendData};
use crate::executor::current::{Core, try_with_core, with_core};
use crate::executor::yield_now;
use crate::fs::File;
use crate::future::Pending;
use crate::table::Key;

/// Bytes of a file that are sent (and brought into the page cache before) in one go, as nginx has
/// it by default: half a MiB costs a tenth more on files of 1 MiB (results/). After that
/// others have their turn.
const FILE_WINDOW_BYTES: u64 = 2048 * 1024;

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A TCP peer.
    Tcp(SocketAddr),
    /// A process on this host.
    Unix,
}

/// What a connecting socket is told before it connects.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The address to connect from; its port may be 0. The port is chosen at connect time, per
    /// destination (IP_BIND_ADDRESS_NO_PORT).
    pub source: Option<SocketAddr>,
}

/// A connection on its shard; see the module's text.
pub struct Stream {
    key: Key,
    /// Belongs to its shard's thread.
    local: PhantomData<*const ()>,
}

impl Stream {
    pub(super) fn new(key: Key) -> Stream {
        Stream {
            key,
            local: PhantomData,
        }
    }

    /// Connects to a TCP address.
    ///
    /// # Errors
    /// Whatever connect(2) says.
    pub async fn connect(address: SocketAddr, options: &ConnectOptions) -> io::Result<Stream> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM.nonblocking(),
            None,
        )?;
        socket.set_tcp_nodelay(true)?;
        if let Some(source) = options.source {
            bind_address_no_port(&socket)?;
            socket.bind(&source.into())?;
        }
        Stream::connect_socket(socket, address.into()).await
    }

    /// Connects to a unix socket.
    ///
    /// # Errors
    /// Whatever connect(2) says.
    pub async fn connect_unix(path: &Path) -> io::Result<Stream> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
        Stream::connect_socket(socket, SockAddr::unix(path)?).await
    }

    async fn connect_socket(socket: Socket, address: SockAddr) -> io::Result<Stream> {
        let adopt = Operation::Adopt {
            socket: OwnedFd::from(socket),
        };
        let Outcome::Socket(key) = Pending::start(adopt).await? else {
            return Err(crate::driver::gone());
        };
        let stream = Stream::new(key);
        Pending::start(Operation::Connect {
            socket: key,
            address: Box::new(address),
        })
        .await?;
        Ok(stream)
    }

    /// The next bytes, as they came; `None` once the peer has ended its side. One task receives
    /// at a time.
    ///
    /// # Errors
    /// ECONNRESET and its kin.
    pub async fn recv(&self) -> io::Result<Option<Chunk>> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    /// As [`Stream::recv`], for who waits for several things at once.
    pub fn poll_recv(&self, context: &mut Context<'_>) -> Poll<io::Result<Option<Chunk>>> {
        with_core(|core| match core.poll_budget(context) {
            Poll::Ready(()) => core.driver.borrow_mut().poll_recv(self.key, context),
            Poll::Pending => Poll::Pending,
        })
    }

    /// Starts a send and does not wait for it. Its error, if any, comes out of the next
    /// [`Stream::sent`] or [`Stream::send`].
    ///
    /// # Errors
    /// Gives the data back while another send is under way.
    pub fn post(&self, data: SendData) -> Result<(), SendData> {
        self.driver(|driver| driver.start_send(self.key, data))
    }

    /// Ready when no send is under way.
    ///
    /// # Errors
    /// The first error of all sends so far.
    pub async fn sent(&self) -> io::Result<()> {
        poll_fn(|context| self.poll_sent(context)).await
    }

    /// As [`Stream::sent`], for who waits for several things at once.
    pub fn poll_sent(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_core(|core| match core.poll_budget(context) {
            Poll::Ready(()) => core.driver.borrow_mut().poll_sent(self.key, context),
            Poll::Pending => Poll::Pending,
        })
    }

    /// As [`Stream::sent`], for who would rather do something else than wait.
    pub fn try_sent(&self) -> Poll<io::Result<()>> {
        self.driver(|driver| driver.try_sent(self.key))
    }

    /// Sends after everything posted before, and waits until the kernel has all of it.
    ///
    /// # Errors
    /// EPIPE, ECONNRESET and their kin.
    pub async fn send(&self, data: impl Into<SendData>) -> io::Result<()> {
        let mut data = data.into();
        loop {
            self.sent().await?;
            match self.post(data) {
                Ok(()) => return self.sent().await,
                // Another task was first.
                Err(back) => data = back,
            }
        }
    }

    /// Bytes that the kernel has taken so far, by sends (not by [`Stream::send_file`]): whether
    /// a slow peer makes progress.
    pub fn bytes_sent(&self) -> u64 {
        self.driver(|driver| driver.bytes_sent(self.key))
    }

    /// Sends `length` bytes of `file` from `offset` out of the page cache, after everything
    /// posted before. `progress` hears of every piece that the kernel took.
    ///
    /// # Errors
    /// `UnexpectedEof` where the file has become shorter; else the socket's or file's error.
    pub async fn send_file(
        &self,
        file: &File,
        offset: u64,
        length: u64,
        mut progress: impl FnMut(u64),
    ) -> io::Result<()> {
        let end = offset.saturating_add(length);
        let is_warm = file.is_warm(end);
        let installed = self.install_while_sending().await?;
        let mut at = offset;
        while at < end {
            let window_end = end.min(at + FILE_WINDOW_BYTES);
            if !is_warm {
                file.warm(at, window_end - at).await?;
            }
            while at < window_end {
                match self.sendfile(installed.as_ref(), file, &mut at, window_end) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(count) => progress(count),
                    Err(Errno::AGAIN) => {
                        Pending::start(Operation::Writable { socket: self.key }).await?;
                    }
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if at < end {
                yield_now().await;
            }
        }
        Ok(())
    }

    /// A plain descriptor, in one turn with what is being sent; ready when both are.
    async fn install_while_sending(&self) -> io::Result<Option<OwnedFd>> {
        let mut install = std::pin::pin!(self.install());
        let mut installed = None;
        poll_fn(|context| {
            if installed.is_none()
                && let Poll::Ready(result) = install.as_mut().poll(context)
            {
                installed = Some(result);
            }
            match self.poll_sent(context) {
                Poll::Ready(Ok(())) => match installed.take() {
                    Some(result) => Poll::Ready(result),
                    None => Poll::Pending,
                },
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// A plain descriptor for the length of a transfer, where the stream has none.
    async fn install(&self) -> io::Result<Option<OwnedFd>> {
        if self.driver(|driver| driver.plain_fd(self.key).is_some()) {
            return Ok(None);
        }
        match Pending::start(Operation::Install { socket: self.key }).await? {
            Outcome::Descriptor(fd) => Ok(Some(fd)),
            other => Err(io::Error::other(format!("the driver answered {other:?}"))),
        }
    }

    fn sendfile(
        &self,
        installed: Option<&OwnedFd>,
        file: &File,
        at: &mut u64,
        end: u64,
    ) -> Result<u64, Errno> {
        self.with_plain(installed.map(AsFd::as_fd), |socket| {
            let count = (end - *at) as usize;
            rustix::fs::sendfile(socket, file, Some(at), count).map(|count| count as u64)
        })
        .unwrap_or(Err(Errno::NOTCONN))
    }

    fn with_plain<R>(
        &self,
        installed: Option<BorrowedFd<'_>>,
        f: impl FnOnce(BorrowedFd<'_>) -> R,
    ) -> Option<R> {
        match installed {
            Some(fd) => Some(f(fd)),
            None => self.driver(|driver| driver.plain_fd(self.key).map(f)),
        }
    }

    /// Who is at the other end. On a direct descriptor this costs one operation (a multishot
    /// accept gives no address): ask once.
    ///
    /// # Errors
    /// Whatever getpeername(2) says; ENOTCONN where the peer is gone.
    pub async fn peer(&self) -> io::Result<Peer> {
        let installed = self.install().await?;
        let address = self
            .with_plain(installed.as_ref().map(AsFd::as_fd), |socket| {
                SockRef::from(&socket).peer_addr()
            })
            .unwrap_or_else(|| Err(crate::driver::gone()))?;
        Ok(match address.as_socket() {
            Some(address) => Peer::Tcp(address),
            None => Peer::Unix,
        })
    }

    /// Bytes that the kernel holds for the peer and that the peer has not acknowledged: whether a
    /// slow peer takes anything, when the kernel asks for nothing more. Costs an operation on a
    /// direct descriptor: for who has waited for long already.
    ///
    /// # Errors
    /// Whatever the install or ioctl(2) says.
    pub async fn unacknowledged(&self) -> io::Result<u64> {
        let installed = self.install().await?;
        self.with_plain(installed.as_ref().map(AsFd::as_fd), send_queue)
            .unwrap_or_else(|| Err(crate::driver::gone()))
    }

    /// Tells the peer that nothing more comes, after everything posted before.
    ///
    /// # Errors
    /// The first error of all sends, or of shutdown(2).
    pub async fn shutdown_write(&self) -> io::Result<()> {
        // By way of a plain descriptor: IORING_OP_SHUTDOWN is always handed to a worker thread.
        let installed = self.install_while_sending().await?;
        self.with_plain(installed.as_ref().map(AsFd::as_fd), |socket| {
            rustix::net::shutdown(socket, rustix::net::Shutdown::Write)
        })
        .unwrap_or(Err(Errno::NOTCONN))?;
        Ok(())
    }

    /// Ends the connection so that the peer gets every byte: shuts down the write side, then
    /// reads and drops what the peer still sends, up to `drain_bytes_max`, until it ends its
    /// side. Closing with unread bytes would reset the connection and lose the response.
    ///
    /// Bounded in bytes, not in time: give it a deadline.
    ///
    /// # Errors
    /// Whatever the sends, the shutdown or the receives say.
    pub async fn finish(self, drain_bytes_max: usize) -> io::Result<()> {
        self.shutdown_write().await?;
        let mut drained = 0;
        while let Some(chunk) = self.recv().await? {
            drained += chunk.len();
            if drained > drain_bytes_max {
                break;
            }
        }
        Ok(())
    }

    fn driver<R>(&self, f: impl FnOnce(&mut dyn Driver) -> R) -> R {
        with_core(|core: &Core| f(&mut **core.driver.borrow_mut()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        try_with_core(|core| core.driver.borrow_mut().abandon(self.key));
    }
}

/// IP_BIND_ADDRESS_NO_PORT: bind(2) takes the address only, and connect(2) the port, so that one
/// port serves every destination.
fn bind_address_no_port(socket: &Socket) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the descriptor is open and the option's value is one valid int.
    let result = unsafe {
        libc::setsockopt(
            std::os::fd::AsRawFd::as_raw_fd(socket),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// SIOCOUTQ: what is in the send queue, in bytes.
fn send_queue(socket: BorrowedFd<'_>) -> io::Result<u64> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open and the kernel writes one int to a valid place.
    let result = unsafe {
        libc::ioctl(
            std::os::fd::AsRawFd::as_raw_fd(&socket),
            libc::TIOCOUTQ,
            &raw mut bytes,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(u64::try_from(bytes).unwrap_or(0))
}
