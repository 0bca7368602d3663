//! One-shot operations on the ring, each owning what the kernel borrows.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::task::{Context, Poll};

use io_uring::{opcode, squeue, types};
use socket2::SockAddr;

use super::socket::Socket;
use super::{Descriptor, Kind, Uring, on};
use crate::driver::operation::Progress;
use crate::driver::{Operation, Outcome, gone, remember};
use crate::table::Key;

/// IORING_FILE_INDEX_ALLOC: let the kernel choose the slot.
const ANY_SLOT: i32 = -1;

pub(super) type Running = Progress<Held>;

/// What an operation keeps alive for the kernel. Boxed where the kernel has its address.
pub(super) enum Held {
    Open {
        _directory: Arc<OwnedFd>,
        _path: CString,
        _how: Box<types::OpenHow>,
    },
    Read {
        _file: Arc<OwnedFd>,
        buffer: Vec<u8>,
    },
    WillNeed {
        _file: Arc<OwnedFd>,
    },
    Adopt {
        plain: OwnedFd,
        slot: Box<RawFd>,
    },
    Connect {
        socket: Key,
        _address: Box<SockAddr>,
    },
    Install {
        socket: Key,
    },
    Writable {
        socket: Key,
    },
}

impl Uring {
    pub(super) fn begin_operation(&mut self, operation: Operation) -> Key {
        if let Some(socket) = operation.socket() {
            if self.open_socket(socket).is_none() {
                return self.over(Err(gone()));
            }
            self.hold_socket(socket);
        }
        if let Operation::Adopt { socket } = operation {
            return self.adopt(socket);
        }
        let (entry, held) = match self.build(operation) {
            Ok(built) => built,
            Err(error) => return self.over(Err(error)),
        };
        self.run(entry, held)
    }

    fn run(&mut self, entry: squeue::Entry, held: Held) -> Key {
        let key = self.operations.insert(Progress::Running {
            held,
            waker: None,
            wanted: true,
        });
        // SAFETY: whatever the entry points to is in `held` (behind its own allocation, so it
        // does not move with the table), which stays until `on_operation`.
        unsafe { self.submit(entry, Kind::Operation, key) };
        key
    }

    fn over(&mut self, outcome: io::Result<Outcome>) -> Key {
        self.operations.insert(Progress::Over(outcome))
    }

    /// Without a file table the socket simply stays what it is.
    fn adopt(&mut self, plain: OwnedFd) -> Key {
        if self.sockets.len() >= self.sockets_max {
            return self.over(Err(io::Error::from_raw_os_error(libc::ENFILE)));
        }
        if !self.abilities.direct_descriptors {
            let socket = self.sockets.insert(Socket::new(Descriptor::Plain(plain)));
            return self.over(Ok(Outcome::Socket(socket)));
        }
        let mut slot = Box::new(plain.as_raw_fd());
        let entry = opcode::FilesUpdate::new(&raw mut *slot, 1)
            .offset(ANY_SLOT)
            .build();
        self.run(entry, Held::Adopt { plain, slot })
    }

    fn build(&mut self, operation: Operation) -> io::Result<(squeue::Entry, Held)> {
        Ok(match operation {
            Operation::Open {
                directory,
                path,
                flags,
                resolve,
            } => {
                let how = Box::new(types::OpenHow::new().flags(flags).resolve(resolve));
                let fd = types::Fd(directory.as_raw_fd());
                let entry = opcode::OpenAt2::new(fd, path.as_ptr(), &raw const *how).build();
                let held = Held::Open {
                    _directory: directory,
                    _path: path,
                    _how: how,
                };
                (entry, held)
            }
            Operation::Read {
                file,
                offset,
                mut buffer,
            } => {
                buffer.clear();
                let length = u32::try_from(buffer.capacity()).unwrap_or(u32::MAX);
                let fd = types::Fd(file.as_raw_fd());
                let entry = opcode::Read::new(fd, buffer.as_mut_ptr(), length)
                    .offset(offset)
                    .build();
                let held = Held::Read {
                    _file: file,
                    buffer,
                };
                (entry, held)
            }
            Operation::WillNeed {
                file,
                offset,
                length,
            } => {
                let length = i64::try_from(length).unwrap_or(i64::MAX);
                let fd = types::Fd(file.as_raw_fd());
                let entry = opcode::Fadvise::new(fd, length, libc::POSIX_FADV_WILLNEED)
                    .offset(offset)
                    .build();
                (entry, Held::WillNeed { _file: file })
            }
            Operation::Connect { socket, address } => {
                let descriptor = self.descriptor(socket)?;
                let entry = on!(descriptor, |fd| {
                    opcode::Connect::new(fd, address.as_ptr().cast(), address.len()).build()
                });
                let held = Held::Connect {
                    socket,
                    _address: address,
                };
                (entry, held)
            }
            Operation::Install { socket } => match self.descriptor(socket)? {
                Descriptor::Direct(slot) => {
                    let entry = opcode::FixedFdInstall::new(types::Fixed(*slot), 0).build();
                    (entry, Held::Install { socket })
                }
                Descriptor::Plain(_) => {
                    self.release_socket(socket);
                    return Err(io::ErrorKind::InvalidInput.into());
                }
            },
            Operation::Writable { socket } => {
                let descriptor = self.descriptor(socket)?;
                let entry = on!(descriptor, |fd| {
                    opcode::PollAdd::new(fd, libc::POLLOUT as u32).build()
                });
                (entry, Held::Writable { socket })
            }
            Operation::Adopt { .. } => unreachable!("adopted before"),
        })
    }

    fn descriptor(&mut self, socket: Key) -> io::Result<&Descriptor> {
        match self.open_socket(socket) {
            Some(socket) => Ok(&socket.descriptor),
            None => Err(gone()),
        }
    }

    pub(super) fn on_operation(&mut self, key: Key, result: i32) {
        let Some(progress) = self.operations.get_mut(key) else {
            self.counters.stale += 1;
            return;
        };
        let placeholder = Progress::Over(Ok(Outcome::Done));
        let Progress::Running {
            held,
            waker,
            wanted,
        } = std::mem::replace(progress, placeholder)
        else {
            return;
        };
        let outcome = self.conclude(held, result);
        if !wanted {
            // Nobody takes it: a descriptor closes here, a socket is abandoned.
            if let Ok(Outcome::Socket(socket)) = outcome {
                self.begin_close(socket);
            }
            self.operations.remove(key);
            return;
        }
        if let Some(progress) = self.operations.get_mut(key) {
            *progress = Progress::Over(outcome);
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What `result` means, for what was held.
    fn conclude(&mut self, held: Held, result: i32) -> io::Result<Outcome> {
        let result = match result {
            0.. => Ok(result),
            code => Err(io::Error::from_raw_os_error(-code)),
        };
        match held {
            Held::Open { .. } => Ok(Outcome::Descriptor(new_descriptor(result?))),
            Held::Install { socket } => {
                self.release_socket(socket);
                Ok(Outcome::Descriptor(new_descriptor(result?)))
            }
            Held::Read { mut buffer, .. } => {
                let length = result? as usize;
                assert!(length <= buffer.capacity());
                // SAFETY: the kernel wrote `length` bytes from the start of the allocation.
                unsafe { buffer.set_len(length) };
                Ok(Outcome::Bytes(buffer))
            }
            Held::WillNeed { .. } => result.map(|_| Outcome::Done),
            Held::Adopt { plain, slot } => {
                result?;
                // The table holds its own reference from here on.
                drop(plain);
                let descriptor = Descriptor::Direct(*slot as u32);
                Ok(Outcome::Socket(
                    self.sockets.insert(Socket::new(descriptor)),
                ))
            }
            Held::Connect { socket, .. } | Held::Writable { socket } => {
                self.release_socket(socket);
                result.map(|_| Outcome::Done)
            }
        }
    }

    pub(super) fn outcome(
        &mut self,
        key: Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Outcome>> {
        match self.operations.get_mut(key) {
            None => Poll::Ready(Err(gone())),
            Some(Progress::Running { waker, .. }) => {
                remember(waker, context);
                Poll::Pending
            }
            Some(Progress::Over(_)) => match self.operations.remove(key) {
                Some(Progress::Over(outcome)) => Poll::Ready(outcome),
                Some(Progress::Running { .. }) | None => Poll::Ready(Err(gone())),
            },
        }
    }

    pub(super) fn lose_interest(&mut self, key: Key) {
        match self.operations.get_mut(key) {
            Some(Progress::Running {
                held,
                wanted,
                waker,
            }) => {
                *wanted = false;
                *waker = None;
                // Nothing else would end it while the peer takes nothing and the socket stays.
                if matches!(held, Held::Writable { .. }) {
                    self.cancel(Kind::Operation, key);
                }
            }
            Some(Progress::Over(_)) => {
                if let Some(Progress::Over(Ok(Outcome::Socket(socket)))) =
                    self.operations.remove(key)
                {
                    self.begin_close(socket);
                }
            }
            None => {}
        }
    }
}

fn new_descriptor(result: i32) -> OwnedFd {
    // SAFETY: the kernel just made this descriptor for us; nobody else has it.
    unsafe { OwnedFd::from_raw_fd(result) }
}
