//! The statistics that a claim needs: what a sample can say, and when it can not say anything.
//!
//! Everything in here is arithmetic on numbers that are already there. Nothing averages
//! percentiles: distributions are merged as histograms or compared run by run.

mod bootstrap;
mod cost;
mod distribution;
mod effect;
mod exponential;
mod little;
mod normal;
mod order;
mod rank_test;
mod student;

pub use bootstrap::{RatioInterval, median, ratio_of_medians};
pub use distribution::{
    HIGHEST_NS, HistogramText, LOWEST_NS, SIGNIFICANT_DIGITS, decode, encode, new_histogram,
};
pub use effect::{minimum_detectable_ratio, runs_to_show_anything, runs_to_show_ratio};
pub use exponential::{AD_CRITICAL_1_PERCENT, arrival_check};
pub use little::{LittlesLaw, littles_law};
pub use order::{QUANTILES, quantile_of, quantiles_of};
pub use rank_test::{RankTest, mann_whitney};

/// The level at which a difference counts as shown, two-sided.
pub const SIGNIFICANCE: f64 = 0.05;
