//! From tokens to a tree: precedence climbing (a Pratt parser), with the names resolved.

use super::token::{Kind, Token, tokens};
use super::{Function, Node, Operator, SyntaxError, Variable};
use crate::nearest::nearest;

/// How deep parentheses, calls and signs may nest.
const DEPTH_MAX: usize = 32;

/// How tightly `!` and a sign bind: tighter than every operator.
const PREFIX_POWER: u8 = 7;

/// The operators, how they are written and how tightly they bind.
const OPERATORS: [(&str, Operator, u8); 13] = [
    ("||", Operator::Or, 1),
    ("&&", Operator::And, 2),
    ("==", Operator::Equal, 3),
    ("!=", Operator::Different, 3),
    ("<", Operator::Less, 4),
    ("<=", Operator::AtMost, 4),
    (">", Operator::Greater, 4),
    (">=", Operator::AtLeast, 4),
    ("+", Operator::Plus, 5),
    ("-", Operator::Minus, 5),
    ("*", Operator::Times, 6),
    ("/", Operator::Over, 6),
    ("%", Operator::Remainder, 6),
];

/// The functions with the fewest and the most arguments that they take.
const FUNCTIONS: [(&str, Function, usize, usize); 8] = [
    ("min", Function::Min, 2, 8),
    ("max", Function::Max, 2, 8),
    ("clamp", Function::Clamp, 3, 3),
    ("pow2", Function::PowerOfTwo, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("round", Function::Round, 1, 1),
    ("if", Function::If, 3, 3),
];

/// The tree of a formula.
pub(super) fn parse(source: &str) -> Result<Node, SyntaxError> {
    let mut parser = Parser {
        tokens: tokens(source)?,
        next: 0,
    };
    let root = parser.expression(0, 0)?;
    match parser.peek().kind {
        Kind::End => Ok(root),
        _ => Err(parser.unexpected("an operator or the end belongs here")),
    }
}

struct Parser<'s> {
    tokens: Vec<Token<'s>>,
    next: usize,
}

impl<'s> Parser<'s> {
    fn peek(&self) -> &Token<'s> {
        // The end token is never passed: `take` stays on it.
        &self.tokens[self.next]
    }

    fn take(&mut self) -> Token<'s> {
        let token = self.peek().clone();
        if token.kind != Kind::End {
            self.next += 1;
        }
        token
    }

    fn expression(&mut self, power_min: u8, depth: usize) -> Result<Node, SyntaxError> {
        let mut left = self.operand(depth)?;
        let mut compared = false;
        while let Some((operator, power)) = self.operator() {
            if power < power_min {
                break;
            }
            let compares = matches!(power, 3 | 4);
            if compares && compared {
                return Err(self.unexpected("join two comparisons with &&"));
            }
            compared |= compares;
            self.take();
            let right = self.expression(power + 1, depth)?;
            left = Node::Both(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let Kind::Symbol(symbol) = self.peek().kind else {
            return None;
        };
        let found = OPERATORS.iter().find(|(spelling, ..)| *spelling == symbol);
        found.map(|(_, operator, power)| (*operator, *power))
    }

    fn operand(&mut self, depth: usize) -> Result<Node, SyntaxError> {
        if depth > DEPTH_MAX {
            return Err(self.unexpected(&format!("a formula nests at most {DEPTH_MAX} deep")));
        }
        let token = self.take();
        match token.kind {
            Kind::Number(number) => Ok(Node::Number(number)),
            Kind::Word(word) => Ok(Node::Word(word.to_owned())),
            Kind::Name(name) if self.peek().kind == Kind::Symbol("(") => {
                self.call(name, token.at, depth)
            }
            Kind::Name(name) => variable(name, token.at).map(Node::Variable),
            Kind::Symbol("(") => {
                let inner = self.expression(0, depth + 1)?;
                self.expect(")")?;
                Ok(inner)
            }
            Kind::Symbol("!") => Ok(Node::Not(Box::new(self.prefixed(depth)?))),
            Kind::Symbol("-") => Ok(Node::Negative(Box::new(self.prefixed(depth)?))),
            Kind::Symbol(symbol) => Err(SyntaxError {
                at: token.at,
                what: format!("`{symbol}` stands where a value belongs"),
                remedy: "write a number, a name or a call".into(),
            }),
            Kind::End => Err(SyntaxError {
                at: token.at,
                what: "the formula ends where a value belongs".into(),
                remedy: "write a number, a name or a call".into(),
            }),
        }
    }

    fn prefixed(&mut self, depth: usize) -> Result<Node, SyntaxError> {
        self.expression(PREFIX_POWER, depth + 1)
    }

    fn call(&mut self, name: &str, at: usize, depth: usize) -> Result<Node, SyntaxError> {
        let Some((_, function, fewest, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name)
        else {
            let known = FUNCTIONS.iter().map(|(name, ..)| *name);
            return Err(unknown("function", name, at, known));
        };
        self.expect("(")?;
        let mut arguments = vec![self.expression(0, depth + 1)?];
        while self.peek().kind == Kind::Symbol(",") {
            self.take();
            arguments.push(self.expression(0, depth + 1)?);
        }
        self.expect(")")?;
        if (*fewest..=*most).contains(&arguments.len()) {
            return Ok(Node::Call(*function, arguments));
        }
        let allowed = if fewest == most {
            format!("it takes {fewest}")
        } else {
            format!("it takes {fewest} to {most}")
        };
        Err(SyntaxError {
            at,
            what: format!("{name} has {} arguments", arguments.len()),
            remedy: allowed,
        })
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), SyntaxError> {
        if self.peek().kind == Kind::Symbol(symbol) {
            self.take();
            return Ok(());
        }
        Err(self.unexpected(&format!("`{symbol}` belongs here")))
    }

    fn unexpected(&self, remedy: &str) -> SyntaxError {
        let token = self.peek();
        let found = match token.kind {
            Kind::Number(number) => format!("`{number}`"),
            Kind::Name(name) => format!("`{name}`"),
            Kind::Word(word) => format!("'{word}'"),
            Kind::Symbol(symbol) => format!("`{symbol}`"),
            Kind::End => "the end".into(),
        };
        SyntaxError {
            at: token.at,
            what: format!("{found} is not expected"),
            remedy: remedy.to_owned(),
        }
    }
}

fn variable(name: &str, at: usize) -> Result<Variable, SyntaxError> {
    let found = Variable::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, variable)| *variable).ok_or_else(|| {
        let known = Variable::ALL.iter().map(|(name, _)| *name);
        unknown("name", name, at, known)
    })
}

fn unknown<'a>(
    what: &str,
    name: &str,
    at: usize,
    known: impl Iterator<Item = &'a str> + Clone,
) -> SyntaxError {
    let remedy = match nearest(name, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known are {}", known.collect::<Vec<_>>().join(", ")),
    };
    SyntaxError {
        at,
        what: format!("unknown {what} `{name}`"),
        remedy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_said_with_its_place_and_remedy() {
        for (source, at, says) in [
            ("1 +", 3, "the formula ends where a value belongs"),
            ("conections * 2", 0, "did you mean `connections`?"),
            ("2 * clmp(1, 2, 3)", 4, "did you mean `clamp`?"),
            ("clamp(1, 2)", 0, "it takes 3"),
            ("(1 + 2", 6, "`)` belongs here"),
            ("1 2", 2, "`2` is not expected"),
            ("1 < 2 < 3", 6, "join two comparisons with &&"),
            ("4 # 5", 2, "`#` means nothing here"),
            ("12kb", 0, "`12kb` is no number"),
            ("value == 'never", 9, "a word is not closed"),
            ("", 0, "the formula ends"),
        ] {
            let error = parse(source).expect_err(source);
            assert_eq!(error.at, at, "{source}: {error}");
            assert!(error.to_string().contains(says), "{source}: {error}");
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
        assert!(
            parse(&deep)
                .expect_err("deep")
                .to_string()
                .contains("nests")
        );
        let signs = format!("{}1", "-".repeat(900));
        assert!(
            parse(&signs)
                .expect_err("deep")
                .to_string()
                .contains("nests")
        );
        let long = "1+".repeat(600) + "1";
        assert!(
            parse(&long)
                .expect_err("long")
                .to_string()
                .contains("1024 bytes")
        );
    }
}
