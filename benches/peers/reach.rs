//! What ringmain promises against nginx, and whether the run kept it.

use benches::idle::IdleSample;
use benches::results::Results;
use benches::statistics::Spread;

use crate::case::Case;
use crate::contestant::Contestant::{self, Nginx, RingmainEpoll, RingmainUring};

/// A figure that a run gives.
#[derive(Debug, Clone, Copy)]
enum Figure {
    /// CPU per request of one contestant divided by that of another in the same pair.
    Ratio(Case, Contestant, Contestant),
    /// User time per request of uring, in µs.
    UserTime(Case),
    /// Resident bytes per idle connection.
    IdleBytes,
}

/// One promise.
#[derive(Debug)]
pub(crate) struct Reach {
    figure: Figure,
    at_most: f64,
}

/// All promises, in the order of the table. The epoll driver within 15 % of the uring driver is
/// asked of each loaded case.
pub(crate) const REACH: [Reach; 12] = [
    Reach::ratio(Case::Hello, 0.80),
    Reach::ratio(Case::File1k, 0.70),
    Reach::ratio(Case::File64k, 0.85),
    Reach::ratio(Case::File1m, 1.05),
    Reach::ratio(Case::Close, 0.90),
    Reach {
        figure: Figure::UserTime(Case::File1k),
        at_most: 0.6,
    },
    Reach {
        figure: Figure::IdleBytes,
        at_most: 512.0,
    },
    Reach::drivers(Case::Hello),
    Reach::drivers(Case::File1k),
    Reach::drivers(Case::File64k),
    Reach::drivers(Case::File1m),
    Reach::drivers(Case::Close),
];

impl Reach {
    const fn ratio(case: Case, at_most: f64) -> Self {
        Self {
            figure: Figure::Ratio(case, RingmainUring, Nginx),
            at_most,
        }
    }

    const fn drivers(case: Case) -> Self {
        Self {
            figure: Figure::Ratio(case, RingmainEpoll, RingmainUring),
            at_most: 1.15,
        }
    }

    /// What was promised, in words.
    pub(crate) fn title(&self) -> String {
        match self.figure {
            Figure::Ratio(case, ours, theirs) => {
                format!("{}: {ours} / {theirs}", case.title())
            }
            Figure::UserTime(case) => format!("{}: user µs per request, uring", case.title()),
            Figure::IdleBytes => "RSS bytes per idle connection, uring".to_owned(),
        }
    }

    /// What was promised, as a number.
    pub(crate) fn at_most(&self) -> f64 {
        self.at_most
    }

    /// What the run gave; `None` when it did not look.
    pub(crate) fn found(&self, results: &Results<Case, Contestant>) -> Option<Spread> {
        match self.figure {
            Figure::Ratio(case, ours, theirs) => results.ratio(case, ours, theirs),
            Figure::UserTime(case) => results.load(case, RingmainUring, |sample| sample.user_us),
            Figure::IdleBytes => results.idle(RingmainUring, IdleSample::rss_each),
        }
    }

    /// PASS or MISS, by the median.
    pub(crate) fn verdict(&self, found: &Spread) -> &'static str {
        match found.median <= self.at_most {
            true => "PASS",
            false => "MISS",
        }
    }
}
