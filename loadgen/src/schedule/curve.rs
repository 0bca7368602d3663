//! A rate over time as the area under it: how many starts by when, and when the nth one is due.

use std::time::Duration;

use crate::plan::RateProfile;

/// A rate profile made ready for asking.
#[derive(Clone, Debug)]
pub struct RateCurve {
    pieces: Vec<Piece>,
    /// The rate after the last piece.
    rest: f64,
    /// Time and area at which the rest begins.
    rest_from: (f64, f64),
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Time and area at its beginning.
    time: f64,
    area: f64,
    length: f64,
    from: f64,
    to: f64,
}

impl RateCurve {
    /// Pieces of no length only say what rate holds from there on.
    pub fn new(profile: &RateProfile) -> RateCurve {
        let (mut time, mut area, mut rest) = (0.0, 0.0, 0.0);
        let mut pieces = Vec::with_capacity(profile.pieces.len());
        for piece in &profile.pieces {
            rest = piece.to;
            let length = piece.length.as_secs_f64();
            if length > 0.0 {
                let (from, to) = (piece.from, piece.to);
                pieces.push(Piece {
                    time,
                    area,
                    length,
                    from,
                    to,
                });
                time += length;
                area += length * (from + to) / 2.0;
            }
        }
        RateCurve {
            pieces,
            rest,
            rest_from: (time, area),
        }
    }

    /// The same curve with every rate multiplied by `share`.
    pub(super) fn share(&self, share: f64) -> RateCurve {
        let mut curve = self.clone();
        for piece in &mut curve.pieces {
            piece.area *= share;
            piece.from *= share;
            piece.to *= share;
        }
        curve.rest *= share;
        curve.rest_from.1 *= share;
        curve
    }

    /// How many starts are due by `time`.
    pub fn starts_by(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let piece = self.pieces.iter().rev().find(|piece| piece.time <= time);
        match piece {
            Some(piece) if time < piece.time + piece.length => piece.area_at(time - piece.time),
            Some(_) | None => self.rest_from.1 + self.rest * (time - self.rest_from.0),
        }
    }

    /// When the area has grown to `area`; `None` where it never does.
    pub(super) fn time_of_area(&self, area: f64) -> Option<Duration> {
        let area = area.max(0.0);
        let (rest_time, rest_area) = self.rest_from;
        let seconds = if area >= rest_area {
            if self.rest <= 0.0 {
                return None;
            }
            rest_time + (area - rest_area) / self.rest
        } else {
            let after = self.pieces.partition_point(|piece| piece.area <= area);
            self.pieces[after.checked_sub(1)?].time_of(area)
        };
        Duration::try_from_secs_f64(seconds).ok()
    }
}

impl Piece {
    fn slope(&self) -> f64 {
        (self.to - self.from) / self.length
    }

    fn area_at(&self, elapsed: f64) -> f64 {
        self.area + elapsed * (self.from + self.slope() * elapsed / 2.0)
    }

    /// The root of `area_at`, in the form that neither divides by a slope of 0 nor subtracts
    /// what is nearly the same.
    fn time_of(&self, area: f64) -> f64 {
        let wanted = area - self.area;
        let root = (self.from * self.from + 2.0 * self.slope() * wanted)
            .max(0.0)
            .sqrt();
        let sum = self.from + root;
        if sum <= 0.0 {
            return self.time;
        }
        self.time + (2.0 * wanted / sum).min(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::RatePiece;

    #[test]
    fn area_and_time_are_each_others_inverse() {
        let seconds = Duration::from_secs;
        let curve = RateCurve::new(&RateProfile {
            pieces: vec![
                RatePiece {
                    length: seconds(3),
                    from: 10.0,
                    to: 90.0,
                },
                RatePiece {
                    length: seconds(0),
                    from: 5.0,
                    to: 5.0,
                },
                RatePiece {
                    length: seconds(4),
                    from: 50.0,
                    to: 0.0,
                },
                RatePiece {
                    length: seconds(2),
                    from: 0.0,
                    to: 0.0,
                },
                RatePiece {
                    length: seconds(1),
                    from: 20.0,
                    to: 20.0,
                },
            ],
        });
        assert_eq!(curve.starts_by(seconds(3)), 150.0);
        assert_eq!(curve.starts_by(seconds(7)), 250.0);
        assert_eq!(curve.starts_by(seconds(9)), 250.0);
        assert_eq!(curve.starts_by(seconds(20)), 270.0 + 10.0 * 20.0);
        for tenth in 1..4600_u32 {
            let area = f64::from(tenth) / 10.0;
            let time = curve.time_of_area(area).expect("the rate never ends");
            assert!((curve.starts_by(time) - area).abs() < 1e-6, "{area}");
        }
    }
}
