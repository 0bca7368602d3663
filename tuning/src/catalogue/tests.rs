//! The catalogue as a whole, and what its loader says about mistakes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::check::{Variables, wanted};
use crate::goal::Goal;
use crate::host::Facts;
use crate::setting::{Operation, Ports, Setting, Shape};

const KNOB: &str = r#"
[[knob]]
key = "net.core.somaxconn"
kind = "sysctl"
scope = "netns"
type = "integer"
default = "4096"
roles = ["server"]
op = "raise"
wanted = "clamp(pow2(rate * 0.2), 4096, 65535)"
why = "The bound of listen(2)."
risk = "low: memory"
source = "net/socket.c"
"#;

fn built_in() -> Catalogue {
    match Catalogue::load(None) {
        Ok(catalogue) => catalogue,
        Err(CatalogueError::Wrong(problems)) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("the catalogue has mistakes:\n{}", lines.join("\n"));
        }
        Err(error) => panic!("{error}"),
    }
}

fn problems(text: &str) -> Vec<String> {
    match Catalogue::parse(&[("a.toml", text)]) {
        Err(CatalogueError::Wrong(problems)) => problems.iter().map(ToString::to_string).collect(),
        Err(error) => panic!("{error}"),
        Ok(_) => Vec::new(),
    }
}

#[test]
fn every_file_of_the_folder_is_part_of_the_binary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue");
    let on_disk: BTreeSet<String> = fs::read_dir(folder)
        .expect("the folder")
        .filter_map(|item| item.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .map(|name| format!("catalogue/{name}"))
        .collect();
    let embedded: BTreeSet<String> = embedded::FILES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(on_disk, embedded);
}

#[test]
fn the_catalogue_is_as_large_as_it_says() {
    let catalogue = built_in();
    assert!(catalogue.knobs().len() >= 55, "{}", catalogue.knobs().len());
    assert!(catalogue.myths().len() >= 14, "{}", catalogue.myths().len());
}

/// Every formula has a value for every host and goal of the grid, and within the kernel's range.
#[test]
fn every_wanted_value_can_be_computed_and_is_in_range() {
    let catalogue = built_in();
    let no_ports = || Setting::Ports(Ports::default());
    for ram_gib in [2_u64, 8, 24, 64, 256] {
        for connections in [1_u64, 10_000, 100_000, 1_000_000] {
            for role in [Role::Server, Role::Proxy, Role::Client] {
                for loopback in [false, true] {
                    let facts = host(ram_gib << 30);
                    let goal = Goal {
                        loopback,
                        ..Goal::of(connections, role)
                    };
                    for knob in catalogue.knobs() {
                        let at = format!("{} {ram_gib} GiB {connections} {role:?}", knob.key);
                        check_one(knob, &facts, &goal, &no_ports, &at);
                    }
                }
            }
        }
    }
}

fn check_one(knob: &Knob, facts: &Facts, goal: &Goal, no_ports: &dyn Fn() -> Setting, at: &str) {
    let current = some_value(knob);
    let variables = Variables {
        facts,
        goal,
        current: Some(&current),
        default: knob.default.formula.as_ref(),
        configured: false,
    };
    let lookup = |variable| variables.of(variable);
    for condition in knob.when.iter().chain(&knob.unsafe_when) {
        condition
            .holds(&lookup)
            .unwrap_or_else(|error| panic!("{at}: {condition}: {error}"));
    }
    let value = wanted(knob, &variables, no_ports).unwrap_or_else(|error| panic!("{at}: {error}"));
    let Some(Setting::Numbers(numbers)) = &value else {
        assert_eq!(value.is_none(), knob.wanted.is_none(), "{at}");
        return;
    };
    let min = knob.range.min.unwrap_or(i128::MIN);
    let max = knob.range.max.unwrap_or(i128::MAX);
    for number in numbers {
        assert!(
            (min..=max).contains(number),
            "{at}: {number} is not in {min}..={max}"
        );
    }
    let after = knob
        .operation
        .apply(&current, value.as_ref().expect("it has numbers"));
    // A second run on its result has nothing to do, also where the formula looks at the value.
    let variables = Variables {
        current: Some(&after),
        ..variables
    };
    let again = wanted(knob, &variables, no_ports)
        .ok()
        .flatten()
        .expect("it had a value");
    assert_eq!(knob.operation.apply(&after, &again), after, "{at}");
}

/// A value of the knob's shape; formulas may ask for the current one.
fn some_value(knob: &Knob) -> Setting {
    let text = match &knob.shape {
        Shape::Integer => "1".to_owned(),
        Shape::Pair => "32768 60999".to_owned(),
        Shape::Triple => "4096 131072 6291456".to_owned(),
        Shape::Ports => String::new(),
        Shape::Word(words) => words.first().cloned().unwrap_or_else(|| "x".into()),
        Shape::Bits => "0".to_owned(),
    };
    knob.shape.read(&text).expect("it has the shape")
}

fn host(ram_bytes: u64) -> Facts {
    Facts {
        kernel: "6.18.0".into(),
        version: Version::read("6.18.0"),
        ram_bytes,
        available_bytes: ram_bytes,
        page_bytes: 4096,
        cores: 4,
        numa_nodes: 1,
        nic_queues: 4,
    }
}

#[test]
fn tcp_mem_never_takes_more_than_a_quarter_of_the_memory() {
    let catalogue = built_in();
    let knob = catalogue.knob("net.ipv4.tcp_mem").expect("it is known");
    for ram_gib in [2_u64, 24, 256] {
        let facts = host(ram_gib << 30);
        let goal = Goal::of(1_000_000, Role::Server);
        let variables = Variables {
            facts: &facts,
            goal: &goal,
            current: None,
            default: None,
            configured: false,
        };
        let ports = || Setting::Ports(Ports::default());
        let value = wanted(knob, &variables, &ports)
            .expect("a value")
            .expect("wanted");
        let pages = value.number(2).expect("three numbers");
        assert!(
            pages <= i128::from((ram_gib << 30) / 4096 / 4),
            "{ram_gib} GiB: {pages}"
        );
    }
}

#[test]
fn every_myth_can_be_looked_for() {
    let catalogue = built_in();
    let facts = host(8 << 30);
    let goal = Goal::of(10_000, Role::Server);
    for myth in catalogue.myths() {
        for value in ["1", "1 2", "1 2 3"] {
            let shape = [Shape::Integer, Shape::Pair, Shape::Triple];
            let current = shape.iter().find_map(|shape| shape.read(value).ok());
            let variables = Variables {
                facts: &facts,
                goal: &goal,
                current: current.as_ref(),
                default: None,
                configured: true,
            };
            let found = myth.detect.holds(&|variable| variables.of(variable));
            assert!(found.is_ok(), "{}: {found:?}", myth.place);
        }
    }
}

#[test]
fn a_mistake_is_said_with_file_line_and_column() {
    assert_eq!(problems(KNOB), [""; 0]);
    for (from, to, says) in [
        (
            "pow2(rate * 0.2)",
            "pow2(rates * 0.2)",
            "a.toml:10:22: unknown name `rates`; did you mean `rate`?",
        ),
        ("4096, 65535)", "4096, 65535", "`)` belongs here"),
        (
            "why =",
            "wy =",
            "a.toml:11:1: unknown field `wy`; did you mean `why`?",
        ),
        (
            "why = \"The bound of listen(2).\"",
            "",
            "a.toml:2:1: `why` is missing",
        ),
        (
            "\"raise\"",
            "\"higher\"",
            "a.toml:9:6: `op` is \"higher\"; write one of raise, lower",
        ),
        (
            "[\"server\"]",
            "[\"sever\"]",
            "the roles are server, proxy, client",
        ),
        (
            "\"low: memory\"",
            "\"some\"",
            "begin with none, low, medium or high",
        ),
        (
            "net.core.somaxconn",
            "net/../../etc/passwd",
            "`key` is no name of a knob",
        ),
        (
            "\"integer\"",
            "\"triple\"",
            "has 1 formulas; this type has 3 values",
        ),
        (
            "\"sysctl\"",
            "\"sysfs\"",
            "a knob of kind sysfs names its file",
        ),
        (
            "\"sysctl\"",
            "\"sysfs\"\npath = \"/etc/shadow\"",
            "`path` leaves /proc and /sys",
        ),
        ("[[knob]]", "[[nob]]", "`nob` is no kind of entry"),
        (
            "= \"4096\"",
            "= 4096.5",
            "`default` has an item that is not a text",
        ),
        ("kind = ", "kind ", "a.toml:4:"),
    ] {
        let text = KNOB.replacen(from, to, 1);
        assert_ne!(text, KNOB, "{from}");
        let found = problems(&text);
        assert!(
            found.iter().any(|problem| problem.contains(says)),
            "{says}: {found:#?}"
        );
    }
    let twice = format!("{KNOB}{KNOB}");
    assert_eq!(
        problems(&twice),
        ["a.toml:15:1: net.core.somaxconn is described twice; the first entry is at a.toml:2:1"]
    );
}

#[test]
fn a_folder_replaces_entries_by_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = KNOB
        .replace("The bound of listen(2).", "Ours.")
        .replace("raise", "set");
    fs::write(folder.path().join("ours.toml"), text).expect("a file");
    let catalogue = Catalogue::load(Some(folder.path())).expect("both are right");
    let knob = catalogue.knob("net.core.somaxconn").expect("it is known");
    assert_eq!(
        (knob.why.as_str(), knob.operation),
        ("Ours.", Operation::Set)
    );
    assert_eq!(catalogue.knobs().len(), built_in().knobs().len());
}

#[test]
fn an_unknown_key_comes_with_the_nearest_one() {
    let catalogue = built_in();
    let message = |key: &str| catalogue.unknown(key).to_string();
    assert!(message("net.core.somaxcon").contains("did you mean net.core.somaxconn?"));
    assert!(message("somaxconn").contains("did you mean net.core.somaxconn?"));
    assert!(message("kernel.qqqqqqqqqqqqqqqqqq").contains("lists the known ones"));
}
