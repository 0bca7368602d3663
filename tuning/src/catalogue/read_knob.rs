//! From a `[[knob]]` table to a [`Knob`]: every rule that one entry has to keep.

use toml::de::DeTable;

use super::entry::Entry;
use super::knob::{Default, Kind, Knob, Range, Risk, RiskLevel, Role, Scope, Version, Wanted};
use super::problem::Report;
use crate::formula::Formula;
use crate::setting::{Operation, Shape};

const FIELDS: [&str; 24] = [
    "key",
    "kind",
    "path",
    "scope",
    "type",
    "words",
    "range",
    "unit",
    "default",
    "since",
    "removed",
    "roles",
    "when",
    "op",
    "wanted",
    "why",
    "counter",
    "risk",
    "unsafe_when",
    "conflicts",
    "prove",
    "source",
    "note",
    "see",
];

/// Reads an entry; `None` after a report.
pub(super) fn read_knob<'d>(
    table: &'d DeTable<'d>,
    at: usize,
    report: &'d Report<'d>,
) -> Option<Knob> {
    let problems_before = report.count();
    let entry = Entry::open(table, at, &FIELDS, report);
    let key = read_key(&entry);
    let kind = read_kind(&entry);
    let shape = read_shape(&entry);
    let operation = entry.choice("op", &OPERATIONS);
    let wanted = match (&shape, operation) {
        (Some(shape), Some(operation)) => read_wanted(&entry, shape, operation),
        (None, _) | (_, None) => None,
    };
    let knob = Knob {
        key: key?,
        kind: kind?,
        scope: entry.choice("scope", &SCOPES)?,
        shape: shape?,
        range: Range {
            min: entry.bound("range", "min"),
            max: entry.bound("range", "max"),
        },
        unit: entry.text_if_any("unit"),
        default: read_default(&entry)?,
        since: read_version(&entry, "since"),
        removed: read_version(&entry, "removed"),
        roles: read_roles(&entry),
        when: entry.formula("when"),
        operation: operation?,
        wanted,
        why: entry.text("why")?,
        counters: entry.texts("counter"),
        risk: read_risk(&entry)?,
        unsafe_when: entry.formula("unsafe_when"),
        conflicts: entry.texts("conflicts"),
        prove: entry.text_if_any("prove"),
        source: entry.text("source")?,
        place: entry.place(),
    };
    Some(knob).filter(|_| report.count() == problems_before)
}

const OPERATIONS: [(&str, Operation); 4] = [
    ("raise", Operation::Raise),
    ("lower", Operation::Lower),
    ("set", Operation::Set),
    ("leave", Operation::Leave),
];

const SCOPES: [(&str, Scope); 5] = [
    ("netns", Scope::Netns),
    ("global", Scope::Global),
    ("unit", Scope::Unit),
    ("nic", Scope::Nic),
    ("boot", Scope::Boot),
];

const ROLES: [(&str, Role); 3] = [
    ("server", Role::Server),
    ("proxy", Role::Proxy),
    ("client", Role::Client),
];

const RISKS: [(&str, RiskLevel); 4] = [
    ("none", RiskLevel::None),
    ("low", RiskLevel::Low),
    ("medium", RiskLevel::Medium),
    ("high", RiskLevel::High),
];

/// A key becomes a path below /proc/sys that root writes to, so it may not climb out of it.
fn read_key(entry: &Entry<'_>) -> Option<String> {
    let key = entry.text("key")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
    if key.chars().all(allowed) && !key.contains("..") && !key.starts_with(['/', '.']) {
        return Some(key);
    }
    entry.wrong(
        "key",
        "is no name of a knob",
        "write letters, digits and . _ - as in net.core.somaxconn",
    );
    None
}

fn read_kind(entry: &Entry<'_>) -> Option<Kind> {
    let kind = entry.text("kind")?;
    let path = entry.text_if_any("path");
    let below_sys = |path: &String| path.starts_with("/sys/") || path.starts_with("/proc/");
    if path
        .as_ref()
        .is_some_and(|path| path.contains("..") || !below_sys(path))
    {
        entry.wrong(
            "path",
            "leaves /proc and /sys",
            "write the whole path of the file",
        );
        return None;
    }
    match (kind.as_str(), path) {
        ("sysctl", None) => Some(Kind::Sysctl),
        ("limit", None) => Some(Kind::Limit),
        ("sysfs", Some(path)) => Some(Kind::Sysfs(path)),
        ("nic", path) => Some(Kind::Nic(path)),
        ("boot", path) => Some(Kind::Boot(path)),
        ("socket", None) => Some(Kind::Socket),
        ("module", None) => Some(Kind::Module),
        ("sysfs", None) => {
            entry.wrong("path", "is missing", "a knob of kind sysfs names its file");
            None
        }
        ("sysctl" | "limit" | "socket" | "module", Some(_)) => {
            entry.wrong(
                "path",
                "does not belong here",
                "only sysfs, nic and boot have one",
            );
            None
        }
        (other, _) => {
            entry.wrong(
                "kind",
                &format!("is \"{other}\""),
                "write one of sysctl, limit, sysfs, nic, boot, socket, module",
            );
            None
        }
    }
}

fn read_shape(entry: &Entry<'_>) -> Option<Shape> {
    #[derive(Clone, Copy)]
    enum Name {
        Integer,
        Pair,
        Triple,
        List,
        Word,
        Bits,
    }
    let name = entry.choice(
        "type",
        &[
            ("integer", Name::Integer),
            ("pair", Name::Pair),
            ("triple", Name::Triple),
            ("list", Name::List),
            ("word", Name::Word),
            ("bits", Name::Bits),
        ],
    )?;
    Some(match name {
        Name::Integer => Shape::Integer,
        Name::Pair => Shape::Pair,
        Name::Triple => Shape::Triple,
        Name::List => Shape::Ports,
        Name::Word => Shape::Word(entry.texts("words")),
        Name::Bits => Shape::Bits,
    })
}

fn read_wanted(entry: &Entry<'_>, shape: &Shape, operation: Operation) -> Option<Wanted> {
    if !entry.has("wanted") {
        if operation != Operation::Leave {
            entry.wrong(
                "wanted",
                "is missing",
                "only op = \"leave\" goes without it",
            );
        }
        return None;
    }
    let has_size = !matches!(shape, Shape::Word(_));
    if !has_size && matches!(operation, Operation::Raise | Operation::Lower) {
        entry.wrong("op", "compares words by size", "a word is set or left");
    }
    if operation == Operation::Lower && matches!(shape, Shape::Ports | Shape::Bits) {
        entry.wrong(
            "op",
            "lowers a set",
            "ports and masks are raised (joined) or set",
        );
    }
    let literal = entry.texts("wanted").join(",");
    match shape {
        Shape::Ports if literal == "listening" => return Some(Wanted::ListeningPorts),
        Shape::Ports => {
            if let Err(error) = shape.read(&literal) {
                entry.wrong(
                    "wanted",
                    &error.to_string(),
                    "write 8080,9000-9010 or listening",
                );
            }
            return Some(Wanted::Text(literal));
        }
        Shape::Word(words) if words.contains(&literal) => return Some(Wanted::Text(literal)),
        Shape::Word(words) if words.is_empty() && Formula::parse(&literal).is_err() => {
            return Some(Wanted::Text(literal));
        }
        Shape::Integer if literal == "infinity" => return Some(Wanted::Text(literal)),
        Shape::Integer | Shape::Pair | Shape::Triple | Shape::Word(_) | Shape::Bits => {}
    }
    let formulas = entry.formulas("wanted")?;
    if formulas.len() != shape.parts() {
        entry.wrong(
            "wanted",
            &format!("has {} formulas", formulas.len()),
            &format!("this type has {} values", shape.parts()),
        );
    }
    Some(Wanted::Formulas(formulas))
}

fn read_default(entry: &Entry<'_>) -> Option<Default> {
    let text = entry.texts("default").join(" ");
    if text.is_empty() && !entry.has("default") {
        entry.wrong("default", "is missing", "write the default of a 6.x kernel");
        return None;
    }
    Some(Default {
        formula: Formula::parse(&text).ok(),
        text,
    })
}

fn read_version(entry: &Entry<'_>, name: &str) -> Option<Version> {
    let text = entry.text_if_any(name)?;
    let version = Version::read(&text);
    if version.is_none() {
        entry.wrong(
            name,
            &format!("is \"{text}\""),
            "write a kernel version such as 6.8",
        );
    }
    version
}

fn read_roles(entry: &Entry<'_>) -> Vec<Role> {
    let read = |text: &String| {
        let found = ROLES.iter().find(|(name, _)| name == text);
        if found.is_none() {
            let what = format!("has \"{text}\"");
            entry.wrong("roles", &what, "the roles are server, proxy, client");
        }
        found.map(|(_, role)| *role)
    };
    entry.texts("roles").iter().filter_map(read).collect()
}

fn read_risk(entry: &Entry<'_>) -> Option<Risk> {
    let text = entry.text("risk")?;
    let (word, why) = text.split_once(':').unwrap_or((&text, ""));
    let found = RISKS.iter().find(|(name, _)| *name == word.trim());
    if found.is_none() {
        entry.wrong(
            "risk",
            &format!(
                "begins with \"{}\"",
                word.chars().take(20).collect::<String>()
            ),
            "begin with none, low, medium or high, then a colon and why",
        );
    }
    found.map(|(_, level)| Risk {
        level: *level,
        why: why.trim().to_owned(),
    })
}
