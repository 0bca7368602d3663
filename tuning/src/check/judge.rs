//! One knob on this host for this goal: what it is, what it should be, and whether that matters.

use super::variables::Variables;
use crate::catalogue::{Kind, Knob, Wanted};
use crate::formula::{EvaluationError, Formula, Quantity, Variable};
use crate::goal::Goal;
use crate::host::{Host, Reading, listening, readings};
use crate::setting::{Operation, Setting, Shape, UNLIMITED};

/// The first port that an outgoing connection is ever given: no sane `ip_local_port_range` begins
/// below, and the one in force may be about to grow.
const CONNECTING_PORT_MIN: u16 = 1024;

/// What is said of a knob or a myth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The current value makes the host unsafe.
    Unsafe,
    /// The value differs from what the goal needs.
    Drift,
    /// A recipe was followed that does not do what is said of it.
    Myth,
    /// The value is right.
    Ok,
    /// Any value does.
    Noop,
    /// There is nothing to judge here.
    NotApplicable,
}

/// How a difference is put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hand {
    /// `apply` writes the file at this path.
    Apply(String),
    /// `persist` writes it for the service, which then has to be restarted.
    Persist,
    /// By a person, as this clause says.
    Person(String),
}

/// A difference between what is and what should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The value to have.
    pub after: Setting,
    /// Who puts it right.
    pub hand: Hand,
}

/// The judgement of one instance of a knob.
#[derive(Clone, Debug)]
pub struct Judgement<'c> {
    /// The knob.
    pub knob: &'c Knob,
    /// Its name, with the interface where there are several.
    pub name: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// The current value, if it can be read.
    pub current: Option<Setting>,
    /// What the goal asks for, if it does.
    pub wanted: Option<Setting>,
    /// What to change.
    pub difference: Option<Difference>,
    /// Clauses about this host: why not, who else, what was clamped.
    pub remarks: Vec<String>,
}

impl Verdict {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsafe => "UNSAFE",
            Self::Drift => "DRIFT",
            Self::Myth => "MYTH",
            Self::Ok => "OK",
            Self::Noop => "NOOP",
            Self::NotApplicable => "N/A",
        }
    }
}

/// Judges every instance of a knob.
pub fn judge<'c>(knob: &'c Knob, host: &Host, goal: &Goal) -> Vec<Judgement<'c>> {
    let found = readings(host, knob).into_iter();
    found
        .map(|reading| judge_one(knob, host, goal, reading))
        .collect()
}

/// The value that a knob should have, given its current one: what `judge` compares with.
///
/// # Errors
/// Says why a formula has no value here.
pub fn wanted(
    knob: &Knob,
    variables: &Variables<'_>,
    listening_ports: &dyn Fn() -> Setting,
) -> Result<Option<Setting>, EvaluationError> {
    let lookup = |variable: Variable| variables.of(variable);
    match &knob.wanted {
        None => Ok(None),
        Some(Wanted::ListeningPorts) => Ok(Some(listening_ports())),
        // The loader has read this text once already.
        Some(Wanted::Text(text)) => Ok(knob.shape.read(text).ok()),
        Some(Wanted::Formulas(formulas)) => {
            let values = formulas
                .iter()
                .map(|formula| formula.evaluate(&lookup))
                .collect::<Result<Vec<Quantity>, _>>()?;
            from_quantities(&knob.shape, values).map(Some)
        }
    }
}

fn judge_one<'c>(knob: &'c Knob, host: &Host, goal: &Goal, reading: Reading) -> Judgement<'c> {
    let configured = host.configured.of(&knob.key);
    let mut judgement = Judgement {
        knob,
        name: reading.name.clone(),
        verdict: Verdict::NotApplicable,
        current: None,
        wanted: None,
        difference: None,
        remarks: Vec::new(),
    };
    let variables = Variables {
        facts: &host.facts,
        goal,
        current: reading.value.as_ref().ok(),
        default: knob.default.formula.as_ref(),
        configured: !configured.is_empty(),
    };
    let holds = |formula: &Option<Formula>, otherwise: bool| match formula {
        None => Ok(otherwise),
        Some(formula) => formula.holds(&|variable| variables.of(variable)),
    };
    let ports = || Setting::Ports(listening(&host.root, CONNECTING_PORT_MIN, u16::MAX));
    let is_for_role = knob.operation != Operation::Leave && knob.roles.contains(&goal.role);
    let needed = holds(&knob.when, true);
    // A condition without a value here is not met, like one about something absent.
    let wanted = match (is_for_role, &needed) {
        (true, Ok(true)) => wanted(knob, &variables, &ports),
        (true | false, _) => Ok(None),
    };
    let is_unsafe = holds(&knob.unsafe_when, false).unwrap_or(false);
    let current = match &reading.value {
        Ok(current) => current,
        Err(why) => {
            judgement.remarks.push(why.clone());
            judgement.wanted = wanted.unwrap_or(None);
            return judgement;
        }
    };
    judgement.current = Some(current.clone());
    judgement.verdict = match (is_for_role, needed, wanted) {
        (false, ..) => {
            judgement.remarks.push(why_left(knob, goal));
            Verdict::Noop
        }
        (true, Ok(false), _) => {
            judgement.remarks.push(why_not_needed(knob));
            Verdict::NotApplicable
        }
        (true, Err(error), _) | (true, Ok(true), Err(error)) => {
            judgement
                .remarks
                .push(format!("there is no wanted value here: {error}"));
            Verdict::NotApplicable
        }
        (true, Ok(true), Ok(None)) => Verdict::Noop,
        (true, Ok(true), Ok(Some(wanted))) => judgement.compare(host, &reading, current, wanted),
    };
    if is_unsafe {
        judgement.verdict = Verdict::Unsafe;
    }
    if knob.kind == Kind::Sysctl {
        judgement.add_owners(host, current);
    }
    judgement
}

impl Judgement<'_> {
    /// Compares, notes the difference, and says what it comes to.
    fn compare(
        &mut self,
        host: &Host,
        reading: &Reading,
        current: &Setting,
        wanted: Setting,
    ) -> Verdict {
        let (wanted, clamped) = within(self.knob, wanted);
        self.remarks.extend(clamped);
        let after = self.knob.operation.apply(current, &wanted);
        self.wanted = Some(wanted);
        if after == *current {
            return Verdict::Ok;
        }
        let hand = hand_for(self.knob, reading);
        if let Hand::Apply(path) = &hand
            && let Some(why) = host.confinement.forbids(&host.root, path)
        {
            self.remarks.push(format!("{why}: set it on the host"));
            return Verdict::NotApplicable;
        }
        if let Hand::Person(how) = &hand {
            self.remarks.push(how.clone());
        }
        self.difference = Some(Difference { after, hand });
        Verdict::Drift
    }

    fn add_owners(&mut self, host: &Host, current: &Setting) {
        self.remarks.extend(host.owners.of(&self.knob.key));
        let configured = host.configured.of(&self.knob.key);
        if let [hidden @ .., winner] = configured.as_slice() {
            let mut clause = format!("{}:{} sets {}", winner.file, winner.line, winner.value);
            if let [.., other] = hidden {
                clause.push_str(&format!(", winning over {}:{}", other.file, other.line));
            }
            let same = self.knob.shape.read(&winner.value).as_ref() == Ok(current);
            if !same {
                clause.push_str(" at the next start");
            }
            self.remarks.push(clause);
        }
    }
}

fn hand_for(knob: &Knob, reading: &Reading) -> Hand {
    let name = knob.key.rsplit('.').next().unwrap_or_default();
    match (&knob.kind, &reading.path) {
        (Kind::Sysctl | Kind::Sysfs(_) | Kind::Nic(_), Some(path)) => Hand::Apply(path.clone()),
        (Kind::Limit, _) => Hand::Persist,
        (Kind::Boot(_), _) => Hand::Person(format!(
            "write {name}= on the kernel command line and restart the host"
        )),
        (Kind::Module, _) => Hand::Person(format!("load it: modprobe {name}")),
        (Kind::Socket | Kind::Sysctl | Kind::Sysfs(_) | Kind::Nic(_), _) => {
            Hand::Person("a program sets it on its own sockets".into())
        }
    }
}

fn why_left(knob: &Knob, goal: &Goal) -> String {
    if knob.operation == Operation::Leave {
        return "any value does: leave it".into();
    }
    format!("nothing a {} needs", goal.role.name())
}

fn why_not_needed(knob: &Knob) -> String {
    let condition = knob
        .when
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    format!("not needed here: only when {condition}")
}

/// Keeps a wanted value within what the kernel takes, and says so.
fn within(knob: &Knob, wanted: Setting) -> (Setting, Option<String>) {
    let Setting::Numbers(numbers) = &wanted else {
        return (wanted, None);
    };
    let min = knob.range.min.unwrap_or(i128::MIN);
    let max = knob.range.max.unwrap_or(i128::MAX).max(min);
    let kept: Vec<i128> = numbers
        .iter()
        .map(|number| {
            if *number == UNLIMITED {
                UNLIMITED
            } else {
                (*number).clamp(min, max)
            }
        })
        .collect();
    if kept == *numbers {
        return (wanted, None);
    }
    let clause = format!("{wanted} is outside what the kernel takes and was cut to fit");
    (Setting::Numbers(kept), Some(clause))
}

fn from_quantities(shape: &Shape, values: Vec<Quantity>) -> Result<Setting, EvaluationError> {
    let mut numbers = Vec::with_capacity(values.len());
    for value in values {
        match (shape, value) {
            (Shape::Word(words), Quantity::Word(word)) => {
                return if words.is_empty() || words.contains(&word) {
                    Ok(Setting::Word(word))
                } else {
                    Err(EvaluationError::UnknownWord(word))
                };
            }
            (_, Quantity::Word(word)) => return Err(EvaluationError::NotANumber(word)),
            // Floats convert with saturation, and evaluation refuses what is not finite.
            (_, Quantity::Number(number)) => numbers.push(number.round() as i128),
        }
    }
    match shape {
        Shape::Bits => Ok(Setting::Bits(
            numbers
                .first()
                .and_then(|bits| u128::try_from(*bits).ok())
                .unwrap_or(0),
        )),
        Shape::Word(_) => Err(EvaluationError::Incomparable),
        Shape::Integer | Shape::Pair | Shape::Triple | Shape::Ports => {
            Ok(Setting::Numbers(numbers))
        }
    }
}
