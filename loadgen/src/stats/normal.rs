//! The normal law, as far as the tests need it.

/// The probability that a standard normal value lies above `z`, to about twelve digits.
pub(super) fn upper_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - upper_tail(-z);
    }
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if z < 3.0 {
        0.5 - density * series(z)
    } else {
        density / continued_fraction(z)
    }
}

/// z + z³/3 + z⁵/(3·5) + …: what times the density is the area from 0 to z.
fn series(z: f64) -> f64 {
    let (mut sum, mut term, mut odd) = (z, z, 1.0);
    while term > sum * 1e-17 {
        odd += 2.0;
        term *= z * z / odd;
        sum += term;
    }
    sum
}

/// z + 1/(z + 2/(z + 3/(z + …))): what the density is divided by for the tail (Laplace). From
/// z = 3 on, a hundred steps are far more than twelve digits need.
fn continued_fraction(z: f64) -> f64 {
    let mut value = z;
    for step in (1..=100).rev() {
        value = z + f64::from(step) / value;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_scipy() {
        // scipy 1.17.1: scipy.stats.norm.sf(z)
        for (z, tail) in [
            (0.0, 0.5),
            (0.5, 0.308_537_538_725_986_9),
            (1.0, 0.158_655_253_931_457_07),
            (1.96, 0.024_997_895_148_220_435),
            (3.0, 0.001_349_898_031_630_093_5),
            (5.0, 2.866_515_718_791_933e-7),
            (8.0, 6.220_960_574_271_74e-16),
        ] {
            let found = upper_tail(z);
            assert!((found / tail - 1.0).abs() < 1e-11, "{z}: {found} {tail}");
            assert!((upper_tail(-z) - (1.0 - tail)).abs() < 1e-15, "{z}");
        }
    }
}
