//! A run that is stopped at each of its steps, on a host and a disk that are made up.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use super::*;
use crate::rollback::{self, rollback};
use crate::setting::Shape;

/// Keys and journal of a host that stops after some steps, in the middle of the next one.
#[derive(Clone, Default)]
struct World(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    values: BTreeMap<String, String>,
    journal: String,
    /// Steps until the power fails; `None` is never.
    steps_left: Option<usize>,
}

impl World {
    fn new(values: &[(&str, &str)]) -> Self {
        let world = Self::default();
        for (path, value) in values {
            world.set(path, value);
        }
        world
    }

    fn set(&self, path: &str, value: &str) {
        self.0.borrow_mut().values.insert(path.into(), value.into());
    }

    fn values(&self) -> BTreeMap<String, String> {
        self.0.borrow().values.clone()
    }

    fn stop_after(&self, steps: Option<usize>) {
        self.0.borrow_mut().steps_left = steps;
    }

    fn journal(&self) -> String {
        self.0.borrow().journal.clone()
    }
}

impl State {
    /// Whether this step happens whole, half or not at all.
    fn step(&mut self) -> Step {
        match &mut self.steps_left {
            None => Step::Whole,
            Some(0) => Step::Off,
            Some(left) => {
                *left -= 1;
                if *left == 0 { Step::Half } else { Step::Whole }
            }
        }
    }
}

#[derive(PartialEq)]
enum Step {
    Whole,
    Half,
    Off,
}

fn power_off() -> io::Error {
    io::Error::other("the power is off")
}

impl Keys for World {
    fn read(&mut self, path: &str) -> io::Result<String> {
        let state = self.0.borrow();
        if state.steps_left == Some(0) {
            return Err(power_off());
        }
        state
            .values
            .get(path)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The kernel takes a write whole and answers, or takes it and the power fails. It rounds
    /// `rounded`, clamps `clamped`, and refuses `refused`.
    fn write(&mut self, path: &str, value: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        let step = state.step();
        if step == Step::Off {
            return Err(power_off());
        }
        let held = match path {
            "refused" => return Err(io::ErrorKind::InvalidInput.into()),
            "rounded" => value.parse::<u64>().map_or(value.to_owned(), |value| {
                value.next_power_of_two().to_string()
            }),
            "clamped" => "1000".to_owned(),
            // The kernel separates with tabs.
            _ => value.replace(' ', "\t"),
        };
        state.values.insert(path.into(), held);
        if step == Step::Half {
            Err(power_off())
        } else {
            Ok(())
        }
    }
}

impl Storage for World {
    fn load(&mut self) -> io::Result<String> {
        Ok(self.journal())
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        match state.step() {
            Step::Whole => {
                state.journal.push_str(text);
                Ok(())
            }
            Step::Half => {
                state.journal.push_str(&text[..text.len() / 2]);
                Err(power_off())
            }
            Step::Off => Err(power_off()),
        }
    }

    fn note(&mut self, text: &str) -> io::Result<()> {
        self.append(text)
    }

    fn replace(&mut self, text: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        if state.step() != Step::Whole {
            return Err(power_off());
        }
        state.journal = text.into();
        Ok(())
    }

    fn remove(&mut self) -> io::Result<()> {
        self.replace("")
    }
}

const HOST: [(&str, &str); 5] = [
    ("plain", "128"),
    ("triple", "1\t2\t3"),
    ("rounded", "8"),
    ("empty", ""),
    ("last", "60"),
];

fn here() -> Place {
    Place {
        boot: "a".into(),
        netns: "net:[1]".into(),
    }
}

fn change(path: &str, shape: &Shape, after: &str) -> Change<'static> {
    Change {
        name: path.into(),
        path: path.into(),
        before: shape
            .read("0")
            .unwrap_or(crate::setting::Setting::Word("x".into())),
        after: shape.read(after).expect("a value"),
        why: "a test",
    }
}

fn changes() -> Vec<Change<'static>> {
    vec![
        change("plain", &Shape::Integer, "4096"),
        change("triple", &Shape::Triple, "10 20 30"),
        change("rounded", &Shape::Integer, "1000"),
        change("empty", &Shape::Ports, "8080,9000-9010"),
        change("last", &Shape::Integer, "30"),
    ]
}

fn run(world: &World, changes: &[Change<'_>]) -> Result<Vec<Applied>, ApplyError> {
    apply(changes, &mut world.clone(), &mut world.clone(), &here())
}

fn undo(world: &World) -> Vec<rollback::Restored> {
    rollback(&mut world.clone(), &mut world.clone(), &here()).expect("the journal is good")
}

/// Stops a run after each possible number of steps, torn in the middle of the last one.
fn for_every_stop(mut check: impl FnMut(&World, usize)) {
    let mut steps = 0;
    loop {
        steps += 1;
        assert!(steps < 100, "a run has few steps");
        let world = World::new(&HOST);
        world.stop_after(Some(steps));
        let finished = run(&world, &changes()).is_ok();
        let all_done = world.0.borrow().steps_left.is_some_and(|left| left > 0);
        world.stop_after(None);
        check(&world, steps);
        if finished && all_done {
            assert!(steps > 10, "the run was really stopped in between: {steps}");
            return;
        }
    }
}

#[test]
fn rollback_restores_exactly_wherever_apply_was_stopped() {
    for_every_stop(|world, steps| {
        let restored = undo(world);
        assert_eq!(
            world.values(),
            World::new(&HOST).values(),
            "step {steps}: {restored:?}"
        );
        assert_eq!(world.journal(), "", "step {steps}");
    });
}

#[test]
fn apply_goes_on_wherever_it_was_stopped_and_keeps_the_first_originals() {
    for_every_stop(|world, steps| {
        run(world, &changes()).unwrap_or_else(|error| panic!("step {steps}: {error}"));
        assert_eq!(world.values()["plain"], "4096", "step {steps}");
        assert_eq!(world.values()["rounded"], "1024", "step {steps}");
        undo(world);
        assert_eq!(world.values(), World::new(&HOST).values(), "step {steps}");
    });
}

#[test]
fn rollback_can_be_stopped_and_repeated() {
    for steps in 1..8 {
        let world = World::new(&HOST);
        run(&world, &changes()).expect("nothing is in the way");
        world.stop_after(Some(steps));
        let _ = rollback(&mut world.clone(), &mut world.clone(), &here());
        world.stop_after(None);
        undo(&world);
        assert_eq!(world.values(), World::new(&HOST).values(), "step {steps}");
    }
}

#[test]
fn what_somebody_else_changed_is_named_and_left() {
    let world = World::new(&HOST);
    run(&world, &changes()).expect("nothing is in the way");
    world.set("last", "45");
    let restored = undo(&world);
    let last = restored
        .iter()
        .find(|key| key.name == "last")
        .expect("it is told");
    let theirs = rollback::Fate::Theirs {
        ours: Some("30".into()),
        theirs: "45".into(),
    };
    assert_eq!(last.fate, theirs);
    assert_eq!(world.values()["last"], "45");
    assert_eq!(world.values()["plain"], "128");
    assert_eq!(world.journal(), "");
}

/// The originals were torn, so nothing was written: what differs now is somebody else's work.
#[test]
fn before_the_last_original_is_noted_nothing_can_be_ours() {
    let world = World::new(&HOST);
    world.stop_after(Some(1));
    run(&world, &changes()).expect_err("the power failed");
    world.stop_after(None);
    assert!(!world.journal().is_empty() && !world.journal().ends_with('\n'));
    world.set("plain", "777");
    undo(&world);
    assert_eq!(world.values()["plain"], "777");
}

#[test]
fn a_second_run_keeps_the_first_originals_but_an_admins_value_is_a_new_one() {
    let world = World::new(&HOST);
    run(&world, &[change("plain", &Shape::Integer, "4096")]).expect("the first");
    run(&world, &[change("plain", &Shape::Integer, "8192")]).expect("the second");
    undo(&world);
    assert_eq!(world.values()["plain"], "128");
    run(&world, &[change("plain", &Shape::Integer, "4096")]).expect("the third");
    world.set("plain", "5000");
    run(&world, &[change("plain", &Shape::Integer, "8192")]).expect("the fourth");
    undo(&world);
    assert_eq!(world.values()["plain"], "5000");
}

#[test]
fn a_key_that_fails_does_not_stop_the_others() {
    let world = World::new(&[("refused", "1"), ("clamped", "5"), ("plain", "2")]);
    let all = [
        change("refused", &Shape::Integer, "9"),
        change("clamped", &Shape::Integer, "9999"),
        change("plain", &Shape::Integer, "3"),
    ];
    let applied = run(&world, &all).expect("the journal is good");
    assert!(matches!(&applied[0].fate, Fate::Refused(_)), "{applied:?}");
    let clamped = Fate::Altered {
        asked: "9999".into(),
        held: "1000".into(),
    };
    assert_eq!(applied[1].fate, clamped);
    assert!(matches!(&applied[2].fate, Fate::Set { .. }), "{applied:?}");
    undo_clamped(&world);
}

/// Restoring a key that the kernel clamps again is an error that keeps the journal.
fn undo_clamped(world: &World) {
    let restored = undo(world);
    let stuck = restored
        .iter()
        .filter(|key| matches!(key.fate, rollback::Fate::Stuck(_)));
    assert_eq!(
        stuck.map(|key| key.name.as_str()).collect::<Vec<_>>(),
        ["clamped"]
    );
    assert_ne!(world.journal(), "");
}

#[test]
fn a_key_that_is_gone_stops_the_run_before_the_first_write() {
    let world = World::new(&HOST);
    let all = [
        change("plain", &Shape::Integer, "1"),
        change("gone", &Shape::Integer, "1"),
    ];
    let error = run(&world, &all)
        .expect_err("it cannot be read")
        .to_string();
    assert!(
        error.contains("gone") && error.contains("nothing was changed"),
        "{error}"
    );
    assert_eq!(world.values()["plain"], "128");
}

#[test]
fn a_journal_of_another_place_or_with_damage_is_refused() {
    let world = World::new(&HOST);
    run(&world, &changes()).expect("nothing is in the way");
    let elsewhere = Place {
        netns: "net:[2]".into(),
        ..here()
    };
    let error = rollback(&mut world.clone(), &mut world.clone(), &elsewhere);
    let error = error.expect_err("another namespace").to_string();
    assert!(
        error.contains("net:[1]") && error.contains("net:[2]"),
        "{error}"
    );
    world.0.borrow_mut().journal.insert_str(0, "nonsense\n");
    let error = rollback(&mut world.clone(), &mut world.clone(), &here());
    let error = error.expect_err("damaged").to_string();
    assert!(
        error.starts_with("line 1 of the journal is damaged"),
        "{error}"
    );
    assert_eq!(world.values()["plain"], "4096");
}
