//! The commands that change something: apply, rollback, persist.

use std::io::{self, BufRead, IsTerminal, Write};

use super::arguments::{ApplyArguments, PersistArguments, RollbackArguments};
use super::{DONE, DRIFT, ERROR, USAGE, catalogue, look, print, quiet_report, say};
use crate::apply::{self, Disk, Fate, Files, Lock, Place};
use crate::export::Values;
use crate::host::Root;
use crate::persist;
use crate::plan::{Lowering, Plan};
use crate::rollback;

/// Asks, locks, writes, and says what became of each key.
pub(super) fn apply(arguments: &ApplyArguments) -> u8 {
    let Some(catalogue) = catalogue(&arguments.inputs) else {
        return ERROR;
    };
    let root = arguments.inputs.root();
    if !arguments.yes && !io::stdin().is_terminal() {
        say("nobody is there to ask; say --yes to change this host without a question");
        return USAGE;
    }
    let folder = arguments.state.folder(&root);
    // The plan is made under the lock: another run may be changing what it is made from.
    let _lock = match Lock::take(&folder) {
        Ok(lock) => lock,
        Err(error) => return failed(&error),
    };
    let host = look(&arguments.inputs);
    let report = quiet_report(&catalogue, &host, &arguments.inputs);
    let plan = Plan::of(&report, Lowering::from_flag(arguments.allow_lower));
    if !arguments.yes {
        print(&plan.to_text());
        if !plan.changes.is_empty() && !agreed(plan.changes.len()) {
            say("nothing was changed");
            return DRIFT;
        }
    }
    let mut files = Files(&root);
    let place = place(&root);
    match apply::apply(&plan.changes, &mut files, &mut Disk::new(&folder), &place) {
        Ok(applied) => {
            let code = tell_applied(&applied);
            tell_rest(&plan);
            code
        }
        Err(error) => failed(&error),
    }
}

/// Restores the originals and says what became of each key.
pub(super) fn rollback(arguments: &RollbackArguments) -> u8 {
    let root = arguments.root();
    let folder = arguments.state.folder(&root);
    if !Lock::is_possible(&folder) {
        print("nothing to roll back\n");
        return DONE;
    }
    let _lock = match Lock::take(&folder) {
        Ok(lock) => lock,
        Err(error) => return failed(&error),
    };
    let mut files = Files(&root);
    match rollback::rollback(&mut files, &mut Disk::new(&folder), &place(&root)) {
        Ok(restored) => tell_restored(&restored),
        Err(error) => failed(&error),
    }
}

/// Shows and writes the files that make the values last.
pub(super) fn persist(arguments: &PersistArguments) -> u8 {
    let Some(catalogue) = catalogue(&arguments.inputs) else {
        return ERROR;
    };
    let host = look(&arguments.inputs);
    let report = quiet_report(&catalogue, &host, &arguments.inputs);
    let values = Values::of(&report, Lowering::from_flag(arguments.allow_lower));
    let goal = arguments.inputs.in_words();
    let mut code = DONE;
    for document in persist::documents(&values, &arguments.inputs.unit, &goal) {
        if arguments.dry_run {
            print(&format!(
                "# {}: {}\n{}\n",
                document.path, document.then, document.text
            ));
            continue;
        }
        match persist::write(&host.root, &document) {
            Ok(persist::Written::Changed) => {
                print(&format!("wrote {}: {}\n", document.path, document.then));
            }
            Ok(persist::Written::Same) => print(&format!("{} is up to date\n", document.path)),
            Err(error) => code = failed(&error),
        }
    }
    for clause in persist::overruled(&values, &host) {
        say(&format!("{clause}; change it there"));
    }
    code
}

fn failed(error: &dyn std::error::Error) -> u8 {
    say(&error.to_string());
    ERROR
}

fn agreed(changes: usize) -> bool {
    let _ = write!(io::stderr(), "ringtune: make {changes} changes? [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn tell_applied(applied: &[apply::Applied]) -> u8 {
    if applied.is_empty() {
        print("nothing to do\n");
    }
    let mut code = DONE;
    for key in applied {
        let name = &key.name;
        match &key.fate {
            Fate::Set { before, held } => {
                print(&format!(
                    "set {name} {} -> {}\n",
                    shown(before),
                    shown(held)
                ));
            }
            Fate::Altered { asked, held } => {
                say(&format!(
                    "{name}: asked for {asked}, the kernel holds {}; it clamps or rounds this key",
                    shown(held)
                ));
                code = code.max(DRIFT);
            }
            Fate::Refused(error) => {
                say(&format!(
                    "{name}: refused ({error}); the other keys were not affected"
                ));
                code = ERROR;
            }
        }
    }
    code
}

/// What `apply` leaves to others.
fn tell_rest(plan: &Plan<'_>) {
    for change in &plan.held_back {
        let (name, before, after) = (&change.name, &change.before, &change.after);
        print(&format!(
            "held back {name} {before} -> {after}: --allow-lower lowers it\n"
        ));
    }
    for (knob, after) in &plan.for_service {
        print(&format!(
            "left {} -> {after}: ringtune persist, then restart the service\n",
            knob.key
        ));
    }
    for (knob, after, how) in &plan.by_hand {
        print(&format!("left {} -> {after}: {how}\n", knob.key));
    }
}

fn tell_restored(restored: &[rollback::Restored]) -> u8 {
    if restored.is_empty() {
        print("nothing to roll back\n");
    }
    let mut code = DONE;
    for key in restored {
        let name = &key.name;
        match &key.fate {
            rollback::Fate::Back { from, to } => {
                print(&format!("back {name} {} -> {}\n", shown(from), shown(to)));
            }
            rollback::Fate::There(value) => {
                print(&format!(
                    "kept {name} {}: it is the original\n",
                    shown(value)
                ));
            }
            rollback::Fate::Theirs { ours, theirs } => {
                let ours = ours.as_deref().map_or("nothing yet".into(), shown);
                print(&format!(
                    "left {name} {}: somebody changed it since (ours was {ours})\n",
                    shown(theirs)
                ));
            }
            rollback::Fate::Stuck(why) => {
                say(&format!("{name}: {why}; the journal is kept, try again"));
                code = ERROR;
            }
        }
    }
    code
}

fn shown(value: &str) -> String {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if value.is_empty() {
        "none".into()
    } else {
        value
    }
}

/// Where this run is.
fn place(root: &Root) -> Place {
    let netns = std::fs::read_link(root.at("/proc/self/ns/net"));
    Place {
        boot: root
            .word("/proc/sys/kernel/random/boot_id")
            .unwrap_or_default(),
        netns: netns
            .map(|link| link.display().to_string())
            .unwrap_or_default(),
    }
}
