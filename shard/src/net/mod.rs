//! Listeners and streams.

mod listener;
mod stream;

pub use listener::{BoundListener, Listener, bind_tcp, bind_unix, try_bind};
pub use stream::{ConnectOptions, Peer, Stream};
