//! How many threads a run has, and where they run.
//!
//! One ring's file table holds at most RLIMIT_NOFILE sockets, so that many connections need many
//! rings; threads beyond the CPUs share them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::plan::{Scenario, Threads};
use crate::run::RunError;

/// Descriptors that a ring does not get: files, the sockets that are just connecting.
const DESCRIPTORS_KEPT: u64 = 512;
/// Bytes of one receive buffer: large responses come in few pieces, and of a small one only the
/// first page is touched.
const RECV_BUFFER_BYTES: u32 = 64 * 1024;
/// Receive buffers of a thread: 64 MiB at the most, under as many large responses at once.
const RECV_BUFFERS_MAX: u16 = 1024;

/// The threads of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crew {
    /// The CPU of each.
    pub cpus: Vec<Option<usize>>,
    /// Whether there are more threads than asked for, because of the descriptor limit.
    pub is_stretched: bool,
}

impl Crew {
    /// Threads for `scenario` on this host. Raises the soft descriptor limit to the hard one.
    ///
    /// # Errors
    /// [`RunError::Cpus`].
    pub fn plan(scenario: &Scenario) -> Result<Crew, RunError> {
        Crew::for_connections(&scenario.threads, scenario.connections.get())
    }

    /// As [`Crew::plan`].
    ///
    /// # Errors
    /// [`RunError::Cpus`].
    pub fn for_connections(threads: &Threads, connections: u32) -> Result<Crew, RunError> {
        let allowed = shard::topology::default_cpus().map_err(RunError::Cpus)?;
        let limit = raise_descriptors();
        Ok(Crew::arrange(threads, connections, &allowed, limit))
    }

    fn arrange(threads: &Threads, connections: u32, allowed: &[usize], limit: u64) -> Crew {
        let wanted: Vec<Option<usize>> = match threads {
            Threads::Auto => allowed.iter().copied().map(Some).collect(),
            Threads::Count(count) => {
                let count = count.get() as usize;
                // More threads than CPUs go where the scheduler puts them.
                if count > allowed.len() {
                    vec![None; count]
                } else {
                    allowed[..count].iter().copied().map(Some).collect()
                }
            }
            Threads::Pinned(cpus) => cpus.iter().copied().map(Some).collect(),
        };
        let per_ring = limit.saturating_sub(DESCRIPTORS_KEPT).max(1);
        let rings = u64::from(connections).div_ceil(per_ring) as usize;
        let count = wanted
            .len()
            .clamp(1, (connections as usize).max(1))
            .max(rings);
        Crew {
            is_stretched: count > wanted.len(),
            cpus: (0..count)
                .map(|thread| wanted.get(thread % wanted.len().max(1)).copied().flatten())
                .collect(),
        }
    }

    pub(super) fn options(&self, scenario: &Scenario, cpu: Option<usize>) -> shard::Options {
        shard::Options {
            io: scenario.io,
            cpu,
            recv_buffer_bytes: RECV_BUFFER_BYTES,
            recv_buffers_max: RECV_BUFFERS_MAX,
            ..shard::Options::default()
        }
    }
}

/// The soft limit becomes the hard one, which needs no right; answers what holds.
fn raise_descriptors() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn threads_follow_cpus_connections_and_the_descriptor_limit() {
        let auto =
            |connections, limit| Crew::arrange(&Threads::Auto, connections, &[0, 1], limit).cpus;
        assert_eq!(auto(64, 20_000), [Some(0), Some(1)]);
        assert_eq!(auto(1, 20_000), [Some(0)]);
        let many = auto(100_000, 20_000);
        assert_eq!(many.len(), 6, "19,488 sockets a ring");
        assert_eq!(many.iter().filter(|cpu| **cpu == Some(1)).count(), 3);
        let count = |count| Threads::Count(NonZeroU32::new(count).expect("not zero"));
        let cpus = |threads| Crew::arrange(&threads, 64, &[2, 3], 20_000).cpus;
        assert_eq!(cpus(count(1)), [Some(2)]);
        assert_eq!(cpus(count(3)), [None, None, None]);
        assert_eq!(cpus(Threads::Pinned(vec![3])), [Some(3)]);
    }
}
