//! What a config can cost in memory when everything that it allows happens at once.
//!
//! Arithmetic only: the host's figures come in as [`HostBounds`]. Memory of the program itself
//! (code, stacks, allocator slack: about 10 MiB) is not counted.

use serde::Serialize;

use super::Config;
use super::choice::{LogTarget, SHARDS_MAX, Shards};

/// User memory of a parked keep-alive connection, at most.
const IDLE_CONNECTION_BYTES: u64 = 512;
/// Kernel memory of an idle TCP connection: TCP 2368, socket inode 832, file 192, dentry 192
/// bytes on Linux 6.18.
const KERNEL_SOCKET_BYTES: u64 = 3584;
/// Access log that one shard may hold back while the writer is busy.
pub(crate) const LOG_BUFFER_BYTES_PER_SHARD: u64 = 1024 * 1024;

/// What the host contributes to the arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostBounds {
    /// Shards where the config leaves them to the host.
    pub shards: u16,
    /// `RLIMIT_NOFILE` as the start leaves it: it raises the soft limit to the hard one.
    pub descriptors: u64,
    /// Receive buffers of one shard, in bytes.
    pub receive_pool_bytes_per_shard: u64,
}

/// One line of the arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryUse {
    /// What takes the memory.
    pub what: &'static str,
    /// How many there can be.
    pub count: u64,
    /// Bytes of each.
    pub bytes_each: u64,
    /// Bytes of all.
    pub bytes: u64,
}

/// The worst case of a config on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorstCase {
    /// Shards that would run.
    pub shards: u16,
    /// Connections of all shards.
    pub connections: u64,
    /// What the process itself may take.
    pub user: Vec<MemoryUse>,
    /// Sum of `user`.
    pub user_bytes: u64,
    /// The part of `user_bytes` that is left when every connection is idle.
    pub idle_bytes: u64,
    /// What the kernel takes for it, without data in socket buffers (bounded by
    /// `net.ipv4.tcp_mem` for the whole host).
    pub kernel: MemoryUse,
}

impl WorstCase {
    /// Does the arithmetic.
    pub fn of(config: &Config, host: HostBounds) -> Self {
        let shards = match config.shards {
            Shards::Auto => host.shards.clamp(1, SHARDS_MAX),
            Shards::Exactly(count) => count,
        };
        let per_shard = config.limits.connections_per_shard(host.descriptors);
        let connections = u64::from(per_shard) * u64::from(shards);
        let connection_bytes = config.limits.connection_bytes_max as u64;
        let log_buffers = match config.log {
            LogTarget::Off => 0,
            LogTarget::Stdout | LogTarget::File(_) => u64::from(shards),
        };
        let constant = [
            line("file cache", 1, config.cache.bytes_max),
            line(
                "receive buffers",
                u64::from(shards),
                host.receive_pool_bytes_per_shard,
            ),
            // One buffer, and a batch of the same size while the writer is busy with it.
            line(
                "access log buffers",
                2 * log_buffers,
                LOG_BUFFER_BYTES_PER_SHARD,
            ),
        ];
        let busy = line(
            "connections with a request in flight",
            connections,
            connection_bytes,
        );
        let constant_bytes = constant
            .iter()
            .fold(0, |sum: u64, l| sum.saturating_add(l.bytes));
        let mut user = vec![busy];
        user.extend(constant);
        Self {
            shards,
            connections,
            user,
            user_bytes: constant_bytes.saturating_add(busy.bytes),
            idle_bytes: constant_bytes
                .saturating_add(connections.saturating_mul(IDLE_CONNECTION_BYTES)),
            kernel: line("kernel sockets", connections, KERNEL_SOCKET_BYTES),
        }
    }
}

fn line(what: &'static str, count: u64, bytes_each: u64) -> MemoryUse {
    MemoryUse {
        what,
        count,
        bytes_each,
        bytes: count.saturating_mul(bytes_each),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Folder, LookAtFolder};

    fn worst_case(text: &str) -> WorstCase {
        let look: LookAtFolder<'_> = &|_| Folder::Present;
        let text = format!("{text}\n[[route]]\nfiles = \"a\"\n");
        let config = Config::parse("a.toml".as_ref(), &text, "/".as_ref(), look).expect("valid");
        let host = HostBounds {
            shards: 2,
            descriptors: 1064,
            receive_pool_bytes_per_shard: 1000,
        };
        WorstCase::of(&config, host)
    }

    #[test]
    fn the_host_fills_in_what_is_auto() {
        let worst = worst_case("");
        assert_eq!((worst.shards, worst.connections), (2, 2000));
        assert_eq!(worst.kernel.bytes, 2000 * 3584);
        assert_eq!(
            worst.user_bytes,
            2000 * 256 * 1024 + 64 * 1024 * 1024 + 2000
        );
        assert_eq!(worst.idle_bytes, 2000 * 512 + 64 * 1024 * 1024 + 2000);
    }

    #[test]
    fn the_config_comes_before_the_host() {
        let worst = worst_case(
            "shards = 3\nlog = \"stdout\"\n[limits]\nconnections_per_shard = 10\n[cache]\nbytes = \"1MiB\"",
        );
        assert_eq!((worst.shards, worst.connections), (3, 30));
        assert!(
            worst
                .user
                .contains(&line("access log buffers", 6, 1024 * 1024))
        );
        assert!(worst.user.contains(&line("file cache", 1, 1024 * 1024)));
    }
}
