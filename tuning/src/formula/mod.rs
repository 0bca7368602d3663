//! The expression language of the catalogue: arithmetic over what is known of host and goal.
//!
//! A formula is parsed once, when its entry is loaded, and every name in it is known from then
//! on; evaluating it asks the caller for the variables. It has no loops, no assignment and no
//! access to the outside: a formula is data. Its length and depth are bounded.

mod evaluate;
mod number;
mod parse;
mod token;

use std::fmt;

use thiserror::Error;

pub use self::evaluate::EvaluationError;
pub use self::number::number;

/// The longest formula, in bytes.
pub const FORMULA_BYTES_MAX: usize = 1024;

/// A parsed formula.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    source: String,
    root: Node,
}

/// What a formula gives: a number, or a word of a knob that has words.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    /// A number; a condition is 1 or 0.
    Number(f64),
    /// A word such as `cubic`.
    Word(String),
}

/// Why a text is no formula, as a clause, with the place in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}; {remedy}")]
pub struct SyntaxError {
    /// The byte at which it shows, from 0.
    pub at: usize,
    /// What was found.
    pub what: String,
    /// What is allowed there.
    pub remedy: String,
}

/// Names that a formula may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Memory of the host in bytes.
    Ram,
    /// Memory of the host in pages.
    RamPages,
    /// Bytes of a page.
    Page,
    /// CPUs that are online.
    Cores,
    /// Connections to hold.
    Connections,
    /// New connections a second.
    Rate,
    /// Seconds that accepting may stall.
    AcceptStallS,
    /// Bytes in flight on the longest path (bandwidth-delay product).
    Bdp,
    /// 1 when both ends are on this host.
    Loopback,
    /// The current value: 0 the whole of it, 1 to 3 a part.
    Value(u8),
    /// The kernel's default.
    DefaultValue,
    /// NUMA nodes.
    NumaNodes,
    /// Receive queues of the widest interface.
    NicQueues,
    /// 1 when a sysctl.d file sets the key.
    Configured,
}

/// One step of a parsed formula.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Word(String),
    Variable(Variable),
    Not(Box<Node>),
    Negative(Box<Node>),
    Both(Operator, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Plus,
    Minus,
    Times,
    Over,
    Remainder,
}

/// The functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Min,
    Max,
    Clamp,
    PowerOfTwo,
    Floor,
    Ceil,
    Round,
    If,
}

impl Formula {
    /// Parses a text.
    ///
    /// # Errors
    /// Says what is wrong at which byte when the text is no formula.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        Ok(Self {
            source: source.to_owned(),
            root: parse::parse(source)?,
        })
    }

    /// The value, with the variables as `lookup` knows them.
    ///
    /// # Errors
    /// Says why there is no value: a variable that is absent here, a division by zero, a word
    /// where a number belongs.
    pub fn evaluate(
        &self,
        lookup: &dyn Fn(Variable) -> Option<Quantity>,
    ) -> Result<Quantity, EvaluationError> {
        evaluate::evaluate(&self.root, lookup)
    }

    /// Whether a condition holds. A condition about something that this host does not have does
    /// not hold.
    ///
    /// # Errors
    /// As [`Formula::evaluate`], but for absent variables.
    pub fn holds(
        &self,
        lookup: &dyn Fn(Variable) -> Option<Quantity>,
    ) -> Result<bool, EvaluationError> {
        match self.evaluate(lookup) {
            Ok(Quantity::Number(number)) => Ok(number != 0.0),
            Ok(Quantity::Word(word)) => Err(EvaluationError::NotANumber(word)),
            Err(EvaluationError::Absent(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Variable {
    /// Every variable by its name.
    pub const ALL: [(&'static str, Self); 17] = [
        ("ram", Self::Ram),
        ("ram_pages", Self::RamPages),
        ("page", Self::Page),
        ("cores", Self::Cores),
        ("connections", Self::Connections),
        ("rate", Self::Rate),
        ("accept_stall_s", Self::AcceptStallS),
        ("bdp", Self::Bdp),
        ("loopback", Self::Loopback),
        ("value", Self::Value(0)),
        ("value_1", Self::Value(1)),
        ("value_2", Self::Value(2)),
        ("value_3", Self::Value(3)),
        ("default_value", Self::DefaultValue),
        ("numa_nodes", Self::NumaNodes),
        ("nic_queues", Self::NicQueues),
        ("configured", Self::Configured),
    ];

    /// The name in formulas.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, variable)| *variable == self)
            .map_or("value", |(name, _)| name)
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}
