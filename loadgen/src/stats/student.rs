//! Student's t for whole degrees of freedom, where it is a finite sum.

/// The `p` quantile with `freedom` degrees of freedom, for `p` in (0.5, 1) and at least one degree.
pub(super) fn quantile(p: f64, freedom: u32) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while cumulative(high, freedom) < p && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if cumulative(middle, freedom) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The probability of a value up to `t`, `t` not negative (Abramowitz and Stegun 26.7.3, 26.7.4).
fn cumulative(t: f64, freedom: u32) -> f64 {
    let angle = (t / f64::from(freedom).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let is_odd = freedom % 2 == 1;
    // Each term is the one before times cos² times (k-1)/k; k is even for odd degrees' sums.
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = if freedom == 1 { 0.0 } else { term };
    let mut step = if is_odd { 3 } else { 2 };
    while step < freedom {
        term *= cosine * cosine * f64::from(step - 1) / f64::from(step);
        sum += term;
        step += 2;
    }
    let central = if is_odd {
        std::f64::consts::FRAC_2_PI * (angle + sine * sum)
    } else {
        sine * sum
    };
    f64::midpoint(1.0, central)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_areas_are_those_of_scipy() {
        // scipy 1.17.1: scipy.stats.t.ppf([0.8, 0.975], df), scipy.stats.t.cdf(1.3, df)
        for (freedom, p80, p975, area) in [
            (
                1,
                1.376_381_920_471_173_8,
                12.706_204_736_174_694,
                0.791_285_599_839_847_3,
            ),
            (
                2,
                1.060_660_171_779_821_4,
                4.302_652_729_749_462,
                0.838_376_484_091_979_8,
            ),
            (
                8,
                0.888_889_517_767_020_2,
                2.306_004_135_204_166,
                0.885_098_187_540_737_3,
            ),
            (
                9,
                0.883_403_859_685_534_6,
                2.262_157_162_798_205,
                0.887_046_813_663_475_4,
            ),
            (
                30,
                0.853_767_261_471_297_9,
                2.042_272_456_301_237_8,
                0.898_249_520_730_941_6,
            ),
        ] {
            assert!((quantile(0.8, freedom) - p80).abs() < 1e-9, "{freedom}");
            assert!((quantile(0.975, freedom) - p975).abs() < 1e-8, "{freedom}");
            assert!((cumulative(1.3, freedom) - area).abs() < 1e-12, "{freedom}");
        }
    }
}
