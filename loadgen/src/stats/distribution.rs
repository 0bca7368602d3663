//! Histograms as they travel in documents: HDR V2, compressed, base64, and back.
//!
//! A document can come from anybody, so nothing is inflated past a bound and no header is believed
//! about how much memory it wants.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};

use super::order::{QUANTILES, quantile_of, quantiles_of};
use crate::record::report::{Distribution, Quantile};

/// The smallest time that a histogram tells from zero.
pub const LOWEST_NS: u64 = 1;
/// The largest time that a histogram holds: an hour.
pub const HIGHEST_NS: u64 = 3_600_000_000_000;
/// Significant digits: values are exact to one part in 1000.
pub const SIGNIFICANT_DIGITS: u8 = 3;

/// Bytes of an inflated histogram at most: eight times what one of ours can have.
const INFLATED_BYTES_MAX: u64 = 4 << 20;
/// Length of base64 text at most.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// Cookie, length of the compressed rest.
const OUTER_HEADER_BYTES: usize = 8;
/// Cookie, payload length, offset, digits, lowest, highest, ratio.
const INNER_HEADER_BYTES: usize = 40;

/// Why a text is not a histogram.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the histogram of a distribution can not be read: {0}")]
pub struct HistogramText(String);

/// An empty histogram with the bounds that all of them have.
pub fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
        .expect("the bounds are constants in order")
}

/// A histogram as the text that documents hold.
pub fn encode(histogram: &Histogram<u64>) -> String {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(histogram, &mut bytes)
        .expect("writing to memory does not fail, counts stay below 2^63");
    STANDARD.encode(bytes)
}

/// The histogram of a text that [`encode`] or any other HDR library made.
pub fn decode(text: &str) -> Result<Histogram<u64>, HistogramText> {
    let unreadable = |what: String| HistogramText(what);
    if text.len() > TEXT_BYTES_MAX {
        return Err(unreadable(format!("it is longer than {TEXT_BYTES_MAX}")));
    }
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| unreadable(format!("it is not base64 ({error})")))?;
    let compressed = bytes
        .get(OUTER_HEADER_BYTES..)
        .ok_or_else(|| unreadable("it is too short".to_owned()))?;
    let mut inflated = Vec::new();
    ZlibDecoder::new(compressed)
        .take(INFLATED_BYTES_MAX)
        .read_to_end(&mut inflated)
        .map_err(|error| unreadable(format!("it is not compressed as HDR V2 ({error})")))?;
    // The library sets aside whatever the header asks for: it must not ask for more than is there.
    let payload = inflated
        .get(4..8)
        .and_then(|length| length.try_into().ok())
        .map(|length| u32::from_be_bytes(length) as usize);
    if payload.is_none_or(|length| length > inflated.len().saturating_sub(INNER_HEADER_BYTES)) {
        return Err(unreadable("it ends early".to_owned()));
    }
    Deserializer::new()
        .deserialize(&mut inflated.as_slice())
        .map_err(|error| unreadable(error.to_string()))
}

impl Distribution {
    /// What a report says of a histogram: only quantiles for which it has enough values.
    pub fn from_histogram(histogram: &Histogram<u64>) -> Distribution {
        if histogram.is_empty() {
            return Distribution {
                histogram: encode(histogram),
                ..Distribution::default()
            };
        }
        Distribution {
            count: histogram.len(),
            min_ns: histogram.min(),
            max_ns: histogram.max(),
            mean_ns: histogram.mean(),
            stdev_ns: histogram.stdev(),
            quantiles: quantiles_of(histogram, &QUANTILES),
            histogram: encode(histogram),
        }
    }

    /// The whole histogram.
    pub fn histogram(&self) -> Result<Histogram<u64>, HistogramText> {
        decode(&self.histogram)
    }

    /// The quantile `q`, where there are enough values to tell it. One that is not among those of
    /// the document is taken from the histogram.
    pub fn quantile(&self, q: f64) -> Option<Quantile> {
        let listed = self.quantiles.iter().find(|one| (one.q - q).abs() < 1e-9);
        match listed {
            Some(quantile) => Some(*quantile),
            None => quantile_of(&self.histogram().ok()?, q),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniform(count: u64) -> Histogram<u64> {
        let mut histogram = new_histogram();
        for value in 1..=count {
            histogram.record(value * 1000).expect("in bounds");
        }
        histogram
    }

    #[test]
    fn a_histogram_survives_the_document() {
        let original = uniform(20_000);
        let distribution = Distribution::from_histogram(&original);
        assert_eq!(distribution.histogram().expect("readable"), original);
        assert_eq!(distribution.count, 20_000);
        assert!(original.equivalent(distribution.min_ns, 1000));
        assert!(original.equivalent(distribution.max_ns, 20_000_000));
    }

    #[test]
    fn an_empty_histogram_has_no_quantile_and_no_number_that_json_can_not_hold() {
        let distribution = Distribution::from_histogram(&new_histogram());
        assert_eq!(distribution.count, 0);
        assert!(distribution.quantiles.is_empty());
        assert_eq!((distribution.mean_ns, distribution.stdev_ns), (0.0, 0.0));
        assert!(distribution.histogram().expect("readable").is_empty());
        assert_eq!(distribution.quantile(0.5), None);
    }

    #[test]
    fn a_quantile_that_is_not_listed_comes_from_the_histogram() {
        let distribution = Distribution::from_histogram(&uniform(1000));
        let value = distribution.quantile(0.8).expect("enough").value_ns;
        assert!((800_000..=801_000).contains(&value), "{value}");
        assert_eq!(distribution.quantile(0.999), None, "1 value beyond it");
    }

    #[test]
    fn a_text_that_asks_for_more_than_it_has_is_refused() {
        // A valid histogram whose inner header claims 4 GiB of counts.
        let mut inner = vec![0x1c, 0x84, 0x93, 0x13];
        inner.extend(u32::MAX.to_be_bytes());
        inner.extend([0; 32]);
        let mut compressed = Vec::new();
        flate2::read::ZlibEncoder::new(inner.as_slice(), flate2::Compression::fast())
            .read_to_end(&mut compressed)
            .expect("memory");
        let mut outer = vec![0x1c, 0x84, 0x93, 0x14];
        outer.extend((compressed.len() as u32).to_be_bytes());
        outer.extend(compressed);
        let refused = decode(&STANDARD.encode(outer)).expect_err("refused");
        assert!(refused.to_string().contains("ends early"), "{refused}");
    }

    #[test]
    fn what_is_no_histogram_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "too short"),
            ("$$$", "not base64"),
            ("QUJDREVGR0hJSktMTU5P", "not compressed"),
        ] {
            let refused = decode(text).expect_err("refused").to_string();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
