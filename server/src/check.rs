//! `ringmain check`: the config as it takes effect and what it can cost.
//!
//! The text form is itself a config file: what is not TOML is a comment. Rendering only; the
//! config has been read and the host looked at before.

use serde::Serialize;

use crate::config::units::format_bytes_rounded;
use crate::config::{Config, Culprit, Effective, HostBounds, MemoryUse, Place, Problem, WorstCase};

#[derive(Serialize)]
struct Valid<'a> {
    ok: bool,
    config: &'a Effective,
    memory: &'a WorstCase,
}

#[derive(Serialize)]
struct Invalid {
    ok: bool,
    problems: Vec<ProblemRecord>,
}

#[derive(Serialize)]
struct ProblemRecord {
    culprit: &'static str,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    found: String,
    remedy: String,
}

/// The effective config as TOML, its memory as comments.
pub fn to_text(config: &Config, host: HostBounds) -> String {
    let worst = WorstCase::of(config, host);
    let mut text = config.effective().to_toml();
    text.push_str(&format!(
        "\n# Memory, worst case here ({} shards, {} connections):\n",
        worst.shards, worst.connections
    ));
    for line in worst.user.iter().filter(|line| line.count > 0) {
        text.push_str(&memory_line(line));
    }
    text.push_str(&format!(
        "# {:>12}  in all; {} while every connection is idle\n",
        format_bytes_rounded(worst.user_bytes),
        format_bytes_rounded(worst.idle_bytes)
    ));
    text.push_str("# and in the kernel, without data in socket buffers (see net.ipv4.tcp_mem):\n");
    text.push_str(&memory_line(&worst.kernel));
    text
}

/// The same as JSON, or the problems.
pub fn to_json(checked: &Result<Config, Vec<Problem>>, host: HostBounds) -> String {
    let json = match checked {
        Ok(config) => serde_json::to_string_pretty(&Valid {
            ok: true,
            config: &config.effective(),
            memory: &WorstCase::of(config, host),
        }),
        Err(problems) => serde_json::to_string_pretty(&Invalid {
            ok: false,
            problems: problems.iter().map(problem_record).collect(),
        }),
    };
    let mut text = json.unwrap_or_default();
    text.push('\n');
    text
}

fn memory_line(line: &MemoryUse) -> String {
    format!(
        "# {:>12}  {}: {} of {}\n",
        format_bytes_rounded(line.bytes),
        line.what,
        line.count,
        format_bytes_rounded(line.bytes_each)
    )
}

fn problem_record(problem: &Problem) -> ProblemRecord {
    let (file, line, column) = match &problem.place {
        Place::Text { file, line, column } => (Some(file), Some(*line), Some(*column)),
        Place::File(file) => (Some(file), None, None),
        Place::Argument(_) => (None, None, None),
    };
    ProblemRecord {
        culprit: match problem.culprit {
            Culprit::Text => "config",
            Culprit::Host => "host",
        },
        file: file.map(|file| file.display().to_string()),
        line,
        column,
        found: problem.what.clone(),
        remedy: problem.remedy.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Folder, LookAtFolder};

    const HOST: HostBounds = HostBounds {
        shards: 2,
        descriptors: 1064,
        receive_pool_bytes_per_shard: 16 * 1024 * 1024,
    };

    fn parse(text: &str) -> Result<Config, Vec<Problem>> {
        let look: LookAtFolder<'_> = &|_| Folder::Present;
        Config::parse("a.toml".as_ref(), text, "/srv".as_ref(), look)
    }

    #[test]
    fn the_text_is_a_config_that_means_the_same() {
        let config = parse("[[route]]\nfiles = \"public\"\n").expect("valid");
        let text = to_text(&config, HOST);
        assert_eq!(parse(&text).expect("still valid"), config);
        assert!(
            text.contains("connections with a request in flight: 2000 of 256 KiB"),
            "{text}"
        );
    }

    #[test]
    fn the_json_has_the_config_and_its_memory() {
        let checked = parse("[[route]]\nfiles = \"public\"\n");
        let json: serde_json::Value =
            serde_json::from_str(&to_json(&checked, HOST)).expect("it is JSON");
        assert_eq!(json["ok"], true);
        assert_eq!(json["config"]["limits"]["header_bytes"], "16KiB");
        assert_eq!(json["config"]["route"][0]["files"], "/srv/public");
        assert_eq!(json["memory"]["connections"], 2000);
    }

    #[test]
    fn the_json_of_a_broken_config_has_its_places() {
        let json = to_json(&parse("shards = 0\n[[route]]\nfiles = \"a\"\n"), HOST);
        let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
        assert_eq!(json["ok"], false);
        assert_eq!(json["problems"][0]["line"], 1);
        assert_eq!(json["problems"][0]["column"], 10);
        assert_eq!(json["problems"][0]["culprit"], "config");
    }
}
