//! The host's counters at the window's two ends.

use std::time::{Duration, Instant};

use crate::plan::Scenario;
use crate::record::report::Truth;
use crate::run::Timeline;
use crate::truth::{HostFiles, Sampler, Servers};

/// See the module's text.
pub(super) struct Sampling {
    state: State,
}

enum State {
    /// With the servers, whose search takes longer than a read of the counters.
    Before(Servers),
    During(Box<Sampler>),
    After(Box<Truth>),
}

impl Sampling {
    pub(super) fn new(scenario: &Scenario) -> Sampling {
        let endpoints: Vec<_> = scenario
            .origins
            .iter()
            .map(|origin| origin.endpoint.clone())
            .collect();
        let servers = Servers::find(&HostFiles::of_this_host(), &endpoints);
        Sampling {
            state: State::Before(servers),
        }
    }

    /// Reads what is due.
    pub(super) fn look(&mut self, timeline: &Timeline) {
        let now = Instant::now();
        let taken = std::mem::replace(&mut self.state, State::After(Box::default()));
        self.state = match taken {
            State::Before(servers) if now >= timeline.window_begin => {
                let sampler = Sampler::begin_with(HostFiles::of_this_host(), servers);
                State::During(Box::new(sampler))
            }
            State::During(sampler) if timeline.window_end.is_some_and(|end| now >= end) => {
                State::After(Box::new(sampler.end()))
            }
            state => state,
        };
    }

    /// How long the watcher may wait for a message, `most` at the longest.
    pub(super) fn patience(&self, timeline: &Timeline, most: Duration) -> Duration {
        let next = match self.state {
            State::Before(_) => Some(timeline.window_begin),
            State::During(_) => timeline.window_end,
            State::After(_) => None,
        };
        let left = next.map(|next| next.saturating_duration_since(Instant::now()));
        left.map_or(most, |left| left.min(most))
    }

    pub(super) fn end(self) -> Truth {
        match self.state {
            State::Before(_) => Truth::default(),
            State::During(sampler) => sampler.end(),
            State::After(truth) => *truth,
        }
    }
}
