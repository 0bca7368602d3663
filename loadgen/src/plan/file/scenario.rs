//! One `[[scenario]]` of a plan.

use clap::{Parser, ValueEnum};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::abuse;
use crate::plan::build::{self, Target, World};
use crate::plan::flags::{Flags, HoldFlags, RequestFlags, SearchFlags, StepList, abuse_kind};
use crate::plan::problem::Fault;
use crate::plan::url::{Url, WeightedUrl};
use crate::plan::{Job, Scenario};

use super::table::{Table, Vocabulary};
use super::text::Report;

/// URLs that a scenario may have.
const URLS_MAX: usize = 10_000;

/// What a scenario is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One run
    Load,
    /// One run after another, with these connections
    Steps,
    /// Runs that look for the highest rate
    Search,
    /// Connections that are held
    Hold,
    /// Connections that misbehave
    Abuse,
}

#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct ScenarioKeys {
    /// What it is [default: load]
    #[arg(long)]
    kind: Option<Kind>,
    /// Connections of each step
    #[arg(long)]
    steps: Option<StepList>,
    /// How connections misbehave
    #[arg(long, value_parser = abuse_kind)]
    abuse: Option<abuse::Kind>,
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    search: SearchFlags,
    #[command(flatten)]
    hold: HoldFlags,
}

#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct RequestKeys {
    /// Whom to ask for what
    #[arg(long)]
    url: Option<Url>,
    /// Share of the load
    #[arg(long)]
    weight: Option<f64>,
    #[command(flatten)]
    request: RequestFlags,
}

/// What reading a scenario needs.
pub(super) struct Reading<'r> {
    pub(super) plan: &'r Table<'r>,
    /// URLs of scenarios that have none.
    pub(super) plan_urls: Option<&'r Spanned<DeValue<'r>>>,
    /// The name of a scenario that has none.
    pub(super) name: Option<&'r str>,
    pub(super) world: World<'r>,
    pub(super) report: &'r Report<'r>,
}

impl Reading<'_> {
    /// The job of a table; what is wrong goes to the report. `names` are those of the scenarios
    /// before it.
    pub(super) fn job<'d>(
        &self,
        table: &'d DeTable<'d>,
        at: usize,
        names: &mut Vec<String>,
    ) -> Option<Job> {
        let vocabulary = Vocabulary::of::<ScenarioKeys>(&["request", "url"]);
        let own = Table::read(table, at, &vocabulary, self.report);
        let arguments = own.with_defaults(self.plan, &["name", "repeat"], &vocabulary);
        let keys: Option<ScenarioKeys> = own.parsed(arguments.into_iter().flatten(), self.report);
        let (targets, places) = self.targets(table, at);
        let mut keys = keys?;
        self.check_name(&mut keys, &own, names);
        self.check_kind(&keys, &own);
        if targets.is_empty() {
            return None;
        }
        let world = self.world;
        let name = keys.flags.name.clone().unwrap_or_default();
        let job = match keys.kind.unwrap_or(Kind::Load) {
            Kind::Load => Scenario::build(&targets, &keys.flags, world).map(Job::Load),
            Kind::Steps => {
                let StepList(steps) = keys.steps?;
                let base = Scenario::build(&targets, &keys.flags, world);
                base.map(|base| Job::Steps(base, steps))
            }
            Kind::Search => build::search(&targets, &keys.flags, &keys.search, world)
                .map(|(base, bounds)| Job::Search(base, bounds)),
            Kind::Hold => {
                let hold = build::hold(&targets, &keys.flags, &keys.hold, world);
                hold.map(|hold| Job::Hold(name, hold))
            }
            Kind::Abuse => {
                // Whose a host is, is said on the command line and not in a file.
                let consent = abuse::Consent::LoopbackOnly;
                let abuse = build::abuse(&targets, &keys.flags, keys.abuse?, consent, world);
                abuse.map(|abuse| Job::Abuse(name, abuse))
            }
        };
        job.map_err(|faults| self.note(faults, &own, &places)).ok()
    }

    /// Runs of one name are repetitions of each other, so scenarios need names that differ.
    fn check_name(&self, keys: &mut ScenarioKeys, own: &Table<'_>, names: &mut Vec<String>) {
        let given = keys.flags.name.take();
        let Some(name) = given.or_else(|| self.name.map(str::to_owned)) else {
            self.report.note(
                own.place_of("name"),
                "one of several scenarios needs a name; write name = \"…\"",
            );
            return;
        };
        if names.contains(&name) {
            let text = format!(
                "the name \"{}\" is another scenario's, and runs of one name are repetitions of \
                 each other; write another",
                name.escape_debug()
            );
            self.report.note(own.place_of("name"), text);
        }
        names.push(name.clone());
        keys.flags.name = Some(name);
    }

    /// Keys that only mean something to one kind.
    fn check_kind(&self, keys: &ScenarioKeys, own: &Table<'_>) {
        let kind = keys.kind.unwrap_or(Kind::Load);
        let (search, hold) = (&keys.search, &keys.hold);
        let given = [
            (keys.steps.is_some(), "steps", Kind::Steps),
            (keys.abuse.is_some(), "abuse", Kind::Abuse),
            (search.from.is_some(), "from", Kind::Search),
            (search.to.is_some(), "to", Kind::Search),
            (search.precision.is_some(), "precision", Kind::Search),
            (search.runs_max.is_some(), "runs_max", Kind::Search),
            (hold.hold.is_some(), "hold", Kind::Hold),
            (hold.every.is_some(), "every", Kind::Hold),
            (hold.ask_at_once.is_some(), "ask_at_once", Kind::Hold),
        ];
        for (is_given, key, of) in given {
            if is_given && kind != of {
                let name = of
                    .to_possible_value()
                    .map_or_else(String::new, |value| value.get_name().to_owned());
                let text = format!("`{key}` is for kind = \"{name}\"; write that, or leave it out");
                self.report.note(own.place_of(key), text);
            }
        }
        if kind == Kind::Steps && keys.steps.is_none() {
            let text = "kind = \"steps\" needs `steps`; write steps = [100, 500, 1000]";
            self.report.note(own.place_of("kind"), text);
        }
        if kind == Kind::Abuse && keys.abuse.is_none() {
            let text = "kind = \"abuse\" needs `abuse`; write abuse = \"slow-headers\"";
            self.report.note(own.place_of("kind"), text);
        }
        if kind == Kind::Steps && own.find("connections").is_some() {
            let text = "`connections` are those of `steps`; leave it out";
            self.report.note(own.place_of("connections"), text);
        }
    }

    fn note(&self, faults: Vec<Fault>, own: &Table<'_>, places: &[usize]) {
        for fault in faults {
            let at = match fault.index.and_then(|index| places.get(index)) {
                Some(place) => *place,
                None if fault.key == "url" => places.first().copied().unwrap_or(0),
                None => own
                    .find(fault.key)
                    .or_else(|| self.plan.find(fault.key))
                    .unwrap_or_else(|| own.place_of(fault.key)),
            };
            let subject = match fault.key {
                "url" => String::new(),
                key => format!("`{key}` "),
            };
            self.report.note(at, format!("{subject}{}", fault.text));
        }
    }

    /// The targets of a scenario, and where each is written.
    fn targets(&self, table: &DeTable<'_>, at: usize) -> (Vec<Target>, Vec<usize>) {
        let mut found = Vec::new();
        let (url, request) = (table.get("url"), table.get("request"));
        match (url, request) {
            (None, None) => match self.plan_urls {
                Some(urls) => self.read_urls(urls, &mut found),
                None => self.report.note(
                    at,
                    "the scenario has neither `url` nor [[scenario.request]]; write \
                     url = \"http://127.0.0.1:8080/\"",
                ),
            },
            (url, request) => {
                if let Some(urls) = url {
                    self.read_urls(urls, &mut found);
                }
                if let Some(requests) = request {
                    self.read_requests(requests, &mut found);
                }
            }
        }
        if found.len() > URLS_MAX {
            self.report.note(at, format!("more than {URLS_MAX} URLs"));
            found.clear();
        }
        found.into_iter().unzip()
    }

    fn read_urls(&self, urls: &Spanned<DeValue<'_>>, found: &mut Vec<(Target, usize)>) {
        match urls.get_ref() {
            DeValue::Array(items) => {
                for item in items.iter() {
                    self.read_url(item.get_ref(), item.span().start, found);
                }
            }
            value => self.read_url(value, urls.span().start, found),
        }
    }

    fn read_url(&self, value: &DeValue<'_>, at: usize, found: &mut Vec<(Target, usize)>) {
        let DeValue::String(text) = value else {
            self.report.note(at, "`url` is a text or a list of texts");
            return;
        };
        match text.parse::<WeightedUrl>() {
            Ok(url) => {
                let request = RequestFlags::default();
                found.push((Target { url, request }, at));
            }
            Err(error) => self.report.note(at, error.to_string()),
        }
    }

    fn read_requests(&self, requests: &Spanned<DeValue<'_>>, found: &mut Vec<(Target, usize)>) {
        let DeValue::Array(items) = requests.get_ref() else {
            let text = "`request` is a list of tables; write [[scenario.request]]";
            self.report.note(requests.span().start, text);
            return;
        };
        let vocabulary = Vocabulary::of::<RequestKeys>(&[]);
        for item in items.iter() {
            let at = item.span().start;
            let DeValue::Table(table) = item.get_ref() else {
                self.report
                    .note(at, "a request is a table; write [[scenario.request]]");
                continue;
            };
            let own = Table::read(table, at, &vocabulary, self.report);
            let Some(keys) = own.parse::<RequestKeys>(&[], self.report) else {
                continue;
            };
            let weight = keys.weight.unwrap_or(1.0);
            if !(weight > 0.0 && weight.is_finite()) {
                self.report
                    .note(own.place_of("weight"), "`weight` must be above 0");
            } else if let Some(url) = keys.url {
                let url = WeightedUrl { url, weight };
                let request = keys.request;
                found.push((Target { url, request }, own.place_of("url")));
            } else if own.find("url").is_none() {
                self.report.note(at, "the request has no `url`");
            }
        }
    }
}
