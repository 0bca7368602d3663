//! The rounds of the deciding figure as a small SVG.

use super::escape;
use crate::prove::proof::{Ran, Round};
use crate::prove::render::number;
use crate::prove::statistics::median;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 120.0;
/// Room for the numbers at the left and the name below.
const LEFT: f64 = 52.0;
const BOTTOM: f64 = 22.0;
const TOP: f64 = 12.0;

/// The plot; nothing where there are no rounds.
pub(super) fn plot(ran: &Ran) -> String {
    let Some(figure) = ran.proof.figures.first() else {
        return String::new();
    };
    let of = |rounds: &[Round]| -> Vec<f64> {
        rounds
            .iter()
            .map(|round| round.figure(figure.name))
            .collect()
    };
    let (before, after) = (of(&ran.before), of(&ran.after));
    let all: Vec<f64> = before.iter().chain(&after).copied().collect();
    if all.is_empty() {
        return String::new();
    }
    let scale = Scale::of(&all);
    let mut marks = String::new();
    for (class, values) in [("before", &before), ("after", &after)] {
        if !values.is_empty() {
            let y = scale.y(median(values));
            marks.push_str(&format!(
                "<line class=\"median-{class}\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
            ));
        }
    }
    let turns = (2 * before.len()).max(2) as f64;
    let sides = [("before", 0.5, &before), ("after", 1.5, &after)];
    for (class, offset, values) in sides {
        for (round, value) in values.iter().enumerate() {
            let turn = 2.0 * round as f64 + offset;
            let x = LEFT + turn / turns * (WIDTH - LEFT);
            let y = scale.y(*value);
            marks.push_str(&format!(
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
            ));
        }
    }
    frame(figure.name, &scale, &marks)
}

fn frame(name: &str, scale: &Scale, marks: &str) -> String {
    let (floor, middle) = (HEIGHT - BOTTOM, f64::midpoint(LEFT, WIDTH));
    let (top, name) = (number(scale.highest), escape(name));
    let lowest = number(scale.lowest);
    let (edge, base, line) = (LEFT - 5.0, HEIGHT - 6.0, TOP + 4.0);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name} by round\">\
         <line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{floor}\" y2=\"{floor}\"/>\
         <text x=\"{edge}\" y=\"{line}\" text-anchor=\"end\">{top}</text>\
         <text x=\"{edge}\" y=\"{floor}\" text-anchor=\"end\">{lowest}</text>\
         <text x=\"{middle}\" y=\"{base}\" text-anchor=\"middle\">{name}</text>{marks}</svg>"
    )
}

/// From values to heights. It begins at 0, so that a height is a share.
struct Scale {
    lowest: f64,
    highest: f64,
}

impl Scale {
    fn of(values: &[f64]) -> Self {
        let highest = values.iter().copied().fold(0.0, f64::max);
        Self {
            lowest: values.iter().copied().fold(0.0, f64::min),
            highest: if highest > 0.0 { highest } else { 1.0 },
        }
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.lowest) / (self.highest - self.lowest);
        HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_at_the_floor_and_the_highest_value_at_the_top() {
        let scale = Scale::of(&[0.0, 60.0]);
        assert_eq!(scale.y(0.0), HEIGHT - BOTTOM);
        assert_eq!(scale.y(60.0), TOP);
        // A figure that is 0 in all rounds lies on the floor.
        assert_eq!(Scale::of(&[0.0]).y(0.0), HEIGHT - BOTTOM);
    }
}
