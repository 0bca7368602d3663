//! From the config as it is written to the config as it is meant.
//!
//! A [`Config`] is immutable and complete: whoever holds one needs no further check. Both ways to
//! it, the file and the flags of `serve`, give the same type, and both report every problem at
//! once. Nothing here opens a socket or starts a thread.

mod choice;
mod document;
mod effective;
mod folder;
mod limits;
mod memory;
mod name;
mod problem;
mod reader;
mod route;
mod route_headers;
mod route_reader;
mod scalar;
pub mod schema;
mod serve_flags;
pub(crate) mod units;
mod value;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub use choice::{
    ChoiceError, IoChoice, ListenAddress, LogTarget, SHARDS_MAX, Shards, UNIX_PATH_BYTES_MAX,
};
pub use effective::Effective;
pub use folder::{Folder, LookAtFolder};
pub use limits::{
    CONNECTIONS_AUTO_MAX, CacheConfig, Ceiling, DESCRIPTORS_RESERVED, Limits, OPEN_FILES_AUTO,
};
pub(crate) use memory::LOG_BUFFER_BYTES_PER_SHARD;
pub use memory::{HostBounds, MemoryUse, WorstCase};
pub use name::{FieldName, FieldValue, HostName, InnerPath, NameError, RoutePath};
pub use problem::{Culprit, Place, Problem};
pub use route::{
    FilesConfig, HeaderField, Precompressed, ReplyConfig, Route, RouteAction, Symlinks,
};
pub use serve_flags::ServeFlags;
pub use units::UnitError;

/// Everything that the server has to know before it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; at least one address.
    pub listen: Vec<ListenAddress>,
    /// How many shards to run.
    pub shards: Shards,
    /// Which driver they use.
    pub io: IoChoice,
    /// Where the access log goes.
    pub log: LogTarget,
    /// What a client may use up.
    pub limits: Limits,
    /// What is kept to answer faster.
    pub cache: CacheConfig,
    /// What answers; at least one route, no two for the same host and path, in written order.
    pub routes: Vec<Route>,
}
