//! Several requests with weights.

use rand::Rng;

use crate::plan::request::RequestTemplate;

/// The requests of an origin, each drawn with its weight.
#[derive(Clone, Debug)]
pub struct Mix {
    requests: Vec<RequestTemplate>,
    /// Running sums of the weights, divided by their total: the last is 1.
    cumulative: Vec<f64>,
    weight: f64,
}

impl Mix {
    /// Requests with their weights; `None` where there are none or the weights are not positive
    /// numbers.
    pub fn new(weighted: Vec<(RequestTemplate, f64)>) -> Option<Mix> {
        let weight: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let is_sound = weighted
            .iter()
            .all(|(_, weight)| weight.is_finite() && *weight > 0.0);
        if weighted.is_empty() || !is_sound {
            return None;
        }
        let mut sum = 0.0;
        let cumulative = weighted
            .iter()
            .map(|(_, one)| {
                sum += one;
                sum / weight
            })
            .collect();
        Some(Mix {
            requests: weighted.into_iter().map(|(request, _)| request).collect(),
            cumulative,
            weight,
        })
    }

    /// Draws one, as an index for [`Mix::request`].
    pub fn pick(&self, random: &mut impl Rng) -> usize {
        if self.requests.len() == 1 {
            return 0;
        }
        let at: f64 = random.random();
        let index = self.cumulative.partition_point(|bound| *bound <= at);
        index.min(self.requests.len() - 1)
    }

    /// The request at `index`.
    pub fn request(&self, index: usize) -> &RequestTemplate {
        &self.requests[index]
    }

    /// All of them.
    pub fn requests(&self) -> &[RequestTemplate] {
        &self.requests
    }

    /// The sum of the weights: the origin's share of the load.
    pub fn weight(&self) -> f64 {
        self.weight
    }
}
