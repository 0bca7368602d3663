//! From a tree and the variables to a value.

use thiserror::Error;

use super::{Function, Node, Operator, Quantity, Variable};

/// Why a formula has no value here, as a clause.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvaluationError {
    /// The variable is unknown on this host.
    #[error("`{0}` is unknown here")]
    Absent(&'static str),
    /// A word stands where a number belongs.
    #[error("'{0}' is no number")]
    NotANumber(String),
    /// The word is none that the knob knows.
    #[error("'{0}' is none of the words of this knob")]
    UnknownWord(String),
    /// A number and a word are compared, or words by size.
    #[error("a word only compares with a word, by == or !=")]
    Incomparable,
    /// The result is not a finite number.
    #[error("the result is not a finite number")]
    NotFinite,
    /// The lower bound of a clamp lies above the upper one.
    #[error("clamp has its bounds reversed")]
    ReversedBounds,
}

type Lookup<'l> = &'l dyn Fn(Variable) -> Option<Quantity>;

/// The value of a tree.
pub(super) fn evaluate(node: &Node, lookup: Lookup<'_>) -> Result<Quantity, EvaluationError> {
    match node {
        Node::Number(number) => Ok(Quantity::Number(*number)),
        Node::Word(word) => Ok(Quantity::Word(word.clone())),
        Node::Variable(variable) => {
            lookup(*variable).ok_or_else(|| EvaluationError::Absent(variable.name()))
        }
        Node::Not(inner) => Ok(truth(number(inner, lookup)? == 0.0)),
        Node::Negative(inner) => finite(-number(inner, lookup)?),
        Node::Both(operator, left, right) => both(*operator, left, right, lookup),
        Node::Call(function, arguments) => call(*function, arguments, lookup),
    }
}

fn number(node: &Node, lookup: Lookup<'_>) -> Result<f64, EvaluationError> {
    match evaluate(node, lookup)? {
        Quantity::Number(number) => Ok(number),
        Quantity::Word(word) => Err(EvaluationError::NotANumber(word)),
    }
}

fn both(
    operator: Operator,
    left: &Node,
    right: &Node,
    lookup: Lookup<'_>,
) -> Result<Quantity, EvaluationError> {
    let pair = || Ok((number(left, lookup)?, number(right, lookup)?));
    match operator {
        Operator::Or => Ok(truth(
            number(left, lookup)? != 0.0 || number(right, lookup)? != 0.0,
        )),
        Operator::And => Ok(truth(
            number(left, lookup)? != 0.0 && number(right, lookup)? != 0.0,
        )),
        Operator::Equal => equal(left, right, lookup).map(truth),
        Operator::Different => equal(left, right, lookup).map(|equal| truth(!equal)),
        Operator::Less => pair().map(|(a, b)| truth(a < b)),
        Operator::AtMost => pair().map(|(a, b)| truth(a <= b)),
        Operator::Greater => pair().map(|(a, b)| truth(a > b)),
        Operator::AtLeast => pair().map(|(a, b)| truth(a >= b)),
        Operator::Plus => pair().and_then(|(a, b)| finite(a + b)),
        Operator::Minus => pair().and_then(|(a, b)| finite(a - b)),
        Operator::Times => pair().and_then(|(a, b)| finite(a * b)),
        Operator::Over => pair().and_then(|(a, b)| finite(a / b)),
        Operator::Remainder => pair().and_then(|(a, b)| finite(a % b)),
    }
}

fn equal(left: &Node, right: &Node, lookup: Lookup<'_>) -> Result<bool, EvaluationError> {
    match (evaluate(left, lookup)?, evaluate(right, lookup)?) {
        (Quantity::Number(a), Quantity::Number(b)) => Ok(a == b),
        (Quantity::Word(a), Quantity::Word(b)) => Ok(a == b),
        (Quantity::Number(_), Quantity::Word(_)) | (Quantity::Word(_), Quantity::Number(_)) => {
            Err(EvaluationError::Incomparable)
        }
    }
}

fn call(
    function: Function,
    arguments: &[Node],
    lookup: Lookup<'_>,
) -> Result<Quantity, EvaluationError> {
    if let (Function::If, [condition, then, otherwise]) = (function, arguments) {
        let chosen = if number(condition, lookup)? != 0.0 {
            then
        } else {
            otherwise
        };
        return evaluate(chosen, lookup);
    }
    let values = arguments
        .iter()
        .map(|argument| number(argument, lookup))
        .collect::<Result<Vec<f64>, _>>()?;
    let first = values.first().copied().unwrap_or(0.0);
    match function {
        Function::Min => finite(values.iter().copied().fold(f64::INFINITY, f64::min)),
        Function::Max => finite(values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        Function::Clamp => match values[..] {
            [value, low, high] if low <= high => finite(value.clamp(low, high)),
            _ => Err(EvaluationError::ReversedBounds),
        },
        Function::PowerOfTwo => finite(power_of_two(first)),
        Function::Floor => finite(first.floor()),
        Function::Ceil => finite(first.ceil()),
        Function::Round | Function::If => finite(first.round()),
    }
}

/// The smallest power of two that is not below `value`; 1 for everything up to 1. Doubling is
/// exact in floating point where a logarithm is not.
fn power_of_two(value: f64) -> f64 {
    let mut power = 1.0;
    while power < value {
        power *= 2.0;
    }
    power
}

fn truth(holds: bool) -> Quantity {
    Quantity::Number(f64::from(u8::from(holds)))
}

fn finite(number: f64) -> Result<Quantity, EvaluationError> {
    if number.is_finite() {
        Ok(Quantity::Number(number))
    } else {
        Err(EvaluationError::NotFinite)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Formula;
    use super::*;

    fn known(variable: Variable) -> Option<Quantity> {
        match variable {
            Variable::Connections => Some(Quantity::Number(100_000.0)),
            Variable::Rate => Some(Quantity::Number(30_000.0)),
            Variable::Value(0) => Some(Quantity::Word("never".into())),
            _ => None,
        }
    }

    fn value(source: &str) -> Result<Quantity, EvaluationError> {
        Formula::parse(source).expect(source).evaluate(&known)
    }

    #[test]
    fn arithmetic_binds_as_in_school() {
        for (source, expected) in [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("10 - 4 - 3", 3.0),
            ("-2 + 5", 3.0),
            ("- 2 * 3", -6.0),
            ("7 % 4", 3.0),
            ("pow2(1.1 * connections + 4096)", 131_072.0),
            ("pow2(4096)", 4096.0),
            ("pow2(0)", 1.0),
            ("clamp(pow2(rate * 0.2), 4096, 65535)", 8192.0),
            ("max(1, 2, 3) + min(4, 5)", 7.0),
            ("if(connections > 1e5, 1, 2)", 2.0),
            ("1 < 2 && 2 < 3 || 0", 1.0),
            ("!(1 == 1)", 0.0),
            ("floor(1.9) + ceil(1.1) + round(1.5)", 5.0),
            ("64Ki", 65_536.0),
            ("value == 'never'", 1.0),
            ("if(value != 'always', 5, 6)", 5.0),
            // What is not needed is not looked at, so an absent variable does no harm.
            ("0 && ram", 0.0),
        ] {
            assert_eq!(value(source), Ok(Quantity::Number(expected)), "{source}");
        }
    }

    #[test]
    fn a_formula_without_a_value_says_why() {
        assert_eq!(value("ram * 2"), Err(EvaluationError::Absent("ram")));
        assert_eq!(value("1 / 0"), Err(EvaluationError::NotFinite));
        assert_eq!(
            value("value + 1"),
            Err(EvaluationError::NotANumber("never".into()))
        );
        assert_eq!(value("value == 1"), Err(EvaluationError::Incomparable));
        assert_eq!(
            value("clamp(1, 3, 2)"),
            Err(EvaluationError::ReversedBounds)
        );
    }

    #[test]
    fn a_condition_about_something_absent_does_not_hold() {
        let absent = Formula::parse("value_1 < 60").expect("a formula");
        assert_eq!(absent.holds(&known), Ok(false));
        let holds = Formula::parse("connections >= 1000").expect("a formula");
        assert_eq!(holds.holds(&known), Ok(true));
    }
}
