//! `Config::load`: the file from its first byte to a `Config` or every problem in it.
//!
//! The order: bytes, UTF-8, TOML, keys and values, then what contradicts each other. A text that
//! is not TOML is only reported as such, because what it means is a guess.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml::de::DeTable;

use super::Config;
use super::choice::{ChoiceError, IoChoice, ListenAddress, LogTarget, Shards};
use super::document::{Report, Source, TableReader};
use super::folder::{Folder, LookAtFolder};
use super::limits::{Ceiling, read_cache, read_limits};
use super::problem::{Culprit, Place, Problem};
use super::route::Route;
use super::route_reader::read_route;
use super::schema::Section;
use super::value::Value;

/// A config file may have this many bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// A config may have this many listen addresses.
const LISTEN_MAX: usize = 64;

impl Config {
    /// Reads a config file and looks at the folders that it names.
    ///
    /// Relative paths in it start from the file's own folder.
    pub fn load(file: &Path) -> Result<Self, Vec<Problem>> {
        let text = read_text(file).map_err(|problem| vec![problem])?;
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let base = absolute.parent().unwrap_or(Path::new("/"));
        Self::parse(file, &text, base, &Folder::on_disk)
    }

    /// Reads a config from its text; `file` is only named in problems.
    pub fn parse(
        file: &Path,
        text: &str,
        base: &Path,
        look: LookAtFolder<'_>,
    ) -> Result<Self, Vec<Problem>> {
        let report = Report::new(Source { file, text });
        let (document, errors) = DeTable::parse_recoverable(text);
        // What follows a syntax error is guesswork: the first one is worth saying.
        if let Some(error) = errors.first() {
            let at = error.span().map_or(0, |span| span.start);
            let what = format!("this is not TOML: {}", error.message().replace('\n', ", "));
            report.text(at, what, "see https://toml.io/ for the syntax");
            return Err(report.finish());
        }
        let top = TableReader::open(
            Section::Top,
            String::new(),
            document.get_ref(),
            document.span(),
            &report,
        );
        let config = read_config(&top, base, look);
        let problems = report.finish();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(problems)
        }
    }
}

fn read_config(top: &TableReader<'_>, base: &Path, look: LookAtFolder<'_>) -> Config {
    let absent = |section| TableReader::absent(section, top.report);
    let limits = top
        .value("limits")
        .and_then(|value| value.table(Section::Limits));
    let cache = top
        .value("cache")
        .and_then(|value| value.table(Section::Cache));
    Config {
        listen: read_listen(top, base, look),
        shards: match top.ceiling("shards") {
            Ceiling::Auto => Shards::Auto,
            Ceiling::Exactly(count) => u16::try_from(count).map_or(Shards::Auto, Shards::Exactly),
        },
        io: chosen(top, "io").unwrap_or(IoChoice::Auto),
        log: read_log(top, base, look),
        limits: read_limits(&limits.unwrap_or_else(|| absent(Section::Limits))),
        cache: read_cache(&cache.unwrap_or_else(|| absent(Section::Cache))),
        routes: read_routes(top, base, look),
    }
}

fn read_listen(top: &TableReader<'_>, base: &Path, look: LookAtFolder<'_>) -> Vec<ListenAddress> {
    let wanted = "a list of addresses such as [\"127.0.0.1:8080\"]";
    let Some(value) = top.value("listen") else {
        return vec![ListenAddress::default()];
    };
    let Some(items) = value.list(wanted) else {
        return Vec::new();
    };
    if items.is_empty() || items.len() > LISTEN_MAX {
        value.wrong(
            format_args!("has {} addresses", items.len()),
            format!("write 1 to {LISTEN_MAX} of them, such as [\"127.0.0.1:8080\"]"),
        );
    }
    let mut addresses = Vec::new();
    for item in &items {
        let Some(address) = chosen_value::<ListenAddress>(item) else {
            continue;
        };
        if let ListenAddress::Unix(path) = &address {
            look_at_parent(item, path, base, look, top.report);
        }
        if addresses.contains(&address) && !address.leaves_port_to_kernel() {
            item.wrong(
                format_args!("repeats {}", item.shown()),
                "write each address once",
            );
        } else {
            addresses.push(address);
        }
    }
    addresses
}

fn read_log(top: &TableReader<'_>, base: &Path, look: LookAtFolder<'_>) -> LogTarget {
    match chosen(top, "log") {
        Some(LogTarget::File(path)) => {
            if let Some(value) = top.value("log") {
                look_at_parent(&value, &path, base, look, top.report);
            }
            LogTarget::File(base.join(path))
        }
        Some(target) => target,
        None => LogTarget::Off,
    }
}

fn read_routes(top: &TableReader<'_>, base: &Path, look: LookAtFolder<'_>) -> Vec<Route> {
    let remedy = "add [[route]] with path = \"/\" and files = \"public\"";
    let Some(value) = top.value("route") else {
        top.report.text(0, "the config has no route", remedy);
        return Vec::new();
    };
    let Some(items) = value.list("[[route]] with two brackets, once for each route") else {
        return Vec::new();
    };
    if items.is_empty() {
        value.wrong("is an empty list", remedy);
    }
    let mut routes: Vec<Route> = Vec::new();
    for item in &items {
        let Some(table) = item.table(Section::Route) else {
            continue;
        };
        let Some(route) = read_route(&table, base, look) else {
            continue;
        };
        if routes
            .iter()
            .any(|other| other.host == route.host && other.path == route.path)
        {
            let host = route
                .host
                .as_ref()
                .map_or(String::new(), |host| format!(" of {host}"));
            let what = format!("a second route for \"{}\"{host}", route.path);
            let remedy = "only one of them could ever answer: remove one or change its path";
            top.report.text(table.place_of("path"), what, remedy);
        } else {
            routes.push(route);
        }
    }
    routes
}

/// A choice that is also a flag of `serve`, or a report.
fn chosen<T: FromStr<Err = ChoiceError>>(table: &TableReader<'_>, name: &str) -> Option<T> {
    chosen_value(&table.value(name)?)
}

fn chosen_value<T: FromStr<Err = ChoiceError>>(value: &Value<'_>) -> Option<T> {
    let text = value.text("a text in quotes")?;
    text.parse()
        .map_err(|error: ChoiceError| value.wrong(error.what, error.remedy))
        .ok()
}

fn look_at_parent(
    value: &Value<'_>,
    path: &Path,
    base: &Path,
    look: LookAtFolder<'_>,
    report: &Report<'_>,
) {
    let path: PathBuf = base.join(path);
    let parent = path.parent().unwrap_or(Path::new("/"));
    if let Some((what, remedy)) = look(parent).obstacle(parent) {
        report.host(value.at.start, what, remedy);
    }
}

fn read_text(file: &Path) -> Result<String, Problem> {
    let problem = |culprit, what: String, remedy: &str| Problem {
        place: Place::File(file.to_owned()),
        culprit,
        what,
        remedy: remedy.to_owned(),
    };
    let bytes = read_bytes(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => problem(
            Culprit::Host,
            "the config file does not exist".to_owned(),
            "name another one with -c FILE, or serve a folder without one: ringmain serve DIR",
        ),
        io::ErrorKind::IsADirectory => problem(
            Culprit::Host,
            "this is a folder".to_owned(),
            "name the config file in it, such as ringmain.toml",
        ),
        io::ErrorKind::PermissionDenied => problem(
            Culprit::Host,
            "this user may not read the config file".to_owned(),
            "run as a user who may, or change its mode with chmod",
        ),
        _ => problem(
            Culprit::Host,
            format!("the config file can not be read: {error}"),
            "check the disk and the file's path",
        ),
    })?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let what = format!("the config file has more than {FILE_BYTES_MAX} bytes");
        return Err(problem(Culprit::Text, what, "is it a config file at all?"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]);
        Problem {
            place: Source { file, text: &text }.place(valid),
            culprit: Culprit::Text,
            what: format!("the byte 0x{:02X} is not UTF-8", error.as_bytes()[valid]),
            remedy: "save the file as UTF-8".to_owned(),
        }
    })
}

fn read_bytes(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
