//! What every case needs: a shard with a deadline, a peer, and bytes that tell where they are.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use shard::net::{BoundListener, Stream, bind_tcp};
use shard::time::{sleep, timeout};
use shard::{Io, Options, Report};

/// How long a condition may take, however slow and busy the machine is.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// One test per driver for each case, a function that takes [`Options`].
macro_rules! each_driver {
    ($($case:ident),+ $(,)?) => {
        mod uring {
            $(#[test]
            fn $case() {
                if let Some(options) = crate::harness::options(shard::Io::Uring) {
                    super::$case(options);
                }
            })+
        }
        mod epoll {
            $(#[test]
            fn $case() {
                if let Some(options) = crate::harness::options(shard::Io::Epoll) {
                    super::$case(options);
                }
            })+
        }
    };
}
pub(crate) use each_driver;

/// The driver's default options, or a reason why the case is skipped.
pub(crate) fn options(io: Io) -> Option<Options> {
    if io == Io::Uring
        && let Err(unavailable) = shard::probe()
    {
        println!("skipped: {unavailable}");
        return None;
    }
    Some(Options {
        io,
        ..Options::default()
    })
}

/// Runs a shard that must stop in time and without a trace: nothing leaked, nothing late for a
/// reused slot, no panic.
pub(crate) fn shard<T: 'static>(
    options: &Options,
    main: impl AsyncFnOnce() -> T + 'static,
) -> (T, Report) {
    let (output, report) = shard_that_panics(options, main);
    assert_eq!(report.panics, 0, "{options:?} {report:?}");
    (output, report)
}

/// As [`shard`], where tasks are expected to panic.
pub(crate) fn shard_that_panics<T: 'static>(
    options: &Options,
    main: impl AsyncFnOnce() -> T + 'static,
) -> (T, Report) {
    let (output, report) = watched(|| {
        shard::run(options, || async {
            timeout(DEADLINE, main()).await.expect("the case hangs")
        })
        .expect("the shard starts")
    });
    assert_eq!(report.leaked, 0, "{options:?} {report:?}");
    assert_eq!(report.driver.stale, 0, "{options:?} {report:?}");
    assert_eq!(report.driver.overflows, 0, "{options:?} {report:?}");
    (output, report)
}

/// Ends the whole process where even the shard's own timer does not: a loop that never ends.
pub(crate) fn watched<T>(f: impl FnOnce() -> T) -> T {
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    let (done, watch) = channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if watch.recv_timeout(DEADLINE * 2) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{name} hangs beyond its own deadline");
            std::process::abort();
        }
    });
    let ended = catch_unwind(AssertUnwindSafe(f));
    drop(done);
    watchdog.join().expect("the watchdog");
    ended.unwrap_or_else(|panic| resume_unwind(panic))
}

/// A shard with one accepted connection, and a thread with the other end.
pub(crate) fn pair<C: Send + 'static, S: 'static>(
    options: &Options,
    client: impl FnOnce(TcpStream) -> C + Send + 'static,
    server: impl AsyncFnOnce(Stream) -> S + 'static,
) -> (C, S, Report) {
    let (bound, address) = listener();
    let client = thread(move || client(connect(address)));
    let (served, report) = shard(options, async move || {
        let listener = bound.start().expect("a listener");
        let stream = listener.accept().await.expect("a connection");
        server(stream).await
    });
    (join(client), served, report)
}

/// A listener on a port of the kernel's choice.
pub(crate) fn listener() -> (BoundListener, SocketAddr) {
    let bound = bind_tcp(([127, 0, 0, 1], 0).into(), 4096).expect("bind");
    let address = bound.address().expect("address").expect("TCP");
    (bound, address)
}

/// A blocking peer that never waits for ever.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    patient(TcpStream::connect(address).expect("connect"))
}

/// A peer that takes bytes in small pieces, so that sends are partial.
pub(crate) fn connect_narrow(address: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    socket.set_recv_buffer_size(4096).expect("SO_RCVBUF");
    socket.connect(&address.into()).expect("connect");
    patient(socket.into())
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(DEADLINE)).expect("timeout");
    stream.set_write_timeout(Some(DEADLINE)).expect("timeout");
    stream
}

/// Closes so that the peer sees a reset.
pub(crate) fn reset(stream: TcpStream) {
    let linger = Some(Duration::ZERO);
    socket2::SockRef::from(&stream)
        .set_linger(linger)
        .expect("SO_LINGER");
}

pub(crate) fn thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    std::thread::spawn(f)
}

pub(crate) fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Bytes of which no two stretches are alike, so that a shift, a hole or a repetition shows.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        bytes.extend_from_slice(&random.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Asserts equality without printing megabytes.
#[track_caller]
pub(crate) fn assert_same(got: &[u8], want: &[u8]) {
    assert_eq!(got.len(), want.len(), "bytes are missing or too many");
    let differs = got.iter().zip(want).position(|(got, want)| got != want);
    assert_eq!(differs, None, "the first byte that differs");
}

pub(crate) fn read_all(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("read to the end");
    bytes
}

pub(crate) fn read_exactly(mut stream: &TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).expect("read exactly");
    bytes
}

pub(crate) fn write(mut stream: &TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).expect("write");
}

/// Receives until the peer's end of stream.
pub(crate) async fn receive_all(stream: &Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.recv().await.expect("recv") {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

/// Receives `count` bytes at least.
pub(crate) async fn receive(stream: &Stream, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let chunk = stream.recv().await.expect("recv");
        bytes.extend_from_slice(&chunk.expect("more bytes"));
    }
    bytes
}

/// Sends back what comes, to the end.
pub(crate) async fn echo(stream: Stream) {
    while let Ok(Some(chunk)) = stream.recv().await {
        if stream.send(chunk.to_vec()).await.is_err() {
            return;
        }
    }
    // The peer may be gone already, which is its right.
    let _ = stream.finish(0).await;
}

/// Waits until `condition` holds, turning the loop meanwhile.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    let what = what.to_owned();
    let deadline = Instant::now() + DEADLINE / 2;
    async move {
        while !condition() {
            assert!(
                Instant::now() < deadline,
                "{what} never came, asked at {place}: {:?}",
                shard::report()
            );
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Waits until no socket is left and the kernel holds `operations` at most.
#[track_caller]
pub(crate) fn quiet(operations: usize) -> impl Future<Output = ()> {
    until("quiet", move || {
        let report = shard::report();
        report.sockets == 0 && report.in_flight <= operations
    })
}

/// Polls `future` once and says whether it is done.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// Runs two futures side by side.
pub(crate) async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut a_done, mut b_done) = (None, None);
    poll_fn(|context| {
        if a_done.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(context)
        {
            a_done = Some(output);
        }
        if b_done.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(context)
        {
            b_done = Some(output);
        }
        match (a_done.take(), b_done.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (a_done, b_done) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

/// Tells a thread to go on: the other end of [`Gate`].
pub(crate) fn gate() -> (Sender<()>, Gate) {
    let (open, gate) = channel();
    (open, Gate(gate))
}

/// Where a client thread waits for the shard.
pub(crate) struct Gate(std::sync::mpsc::Receiver<()>);

impl Gate {
    /// Waits until the other end opened it or is gone.
    pub(crate) fn pass(&self) {
        if self.0.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
            panic!("the gate never opened");
        }
    }
}

/// A directory of its own, gone with the value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("shard-contract-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Scratch(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("a scratch file");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
