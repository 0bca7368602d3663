//! `docs/config.md` and the schema say the same: keys, defaults and what is allowed.

use std::collections::BTreeMap;

use super::schema::Section;
use super::*;

const REFERENCE: &str = include_str!("../../../docs/config.md");

/// Heading of a table in the reference, and its section.
const HEADINGS: [(&str, Section); 6] = [
    ("## Top of the file", Section::Top),
    ("## `[limits]`", Section::Limits),
    ("## `[cache]`", Section::Cache),
    ("## `[[route]]`", Section::Route),
    ("### `reply`", Section::Reply),
    ("### `cache_control`", Section::CacheControl),
];

#[test]
fn the_reference_names_every_key_with_its_default_and_bounds() {
    assert_eq!(HEADINGS.len(), Section::ALL.len());
    for (heading, section) in HEADINGS {
        let documented = rows_below(heading);
        let names: Vec<&str> = documented.iter().map(|row| row.0.as_str()).collect();
        let known: Vec<&str> = section.keys().iter().map(|key| key.name).collect();
        assert_eq!(names, known, "{heading}");
        for (key, row) in section.keys().iter().zip(&documented) {
            assert_eq!(row.1, key.default, "default of {} in {heading}", key.name);
            assert_eq!(
                row.2,
                key.takes.to_string(),
                "bounds of {} in {heading}",
                key.name
            );
        }
    }
}

#[test]
fn every_default_of_the_schema_is_what_an_absent_key_means() {
    let look: LookAtFolder<'_> = &|_| Folder::Present;
    let parse = |text: &str| Config::parse("r.toml".as_ref(), text, "/srv".as_ref(), look);
    let mut text = String::new();
    for section in [
        Section::Top,
        Section::Limits,
        Section::Cache,
        Section::Route,
    ] {
        if section != Section::Top {
            text.push_str(&format!("{}\n", section.heading()));
        }
        if section == Section::Route {
            text.push_str("files = \"public\"\n");
        }
        for key in section.keys().iter().filter(|key| !key.default.is_empty()) {
            text.push_str(&format!("{} = {}\n", key.name, key.default));
        }
    }
    text.push_str("[[route]]\npath = \"/r\"\n[route.reply]\n");
    for key in Section::Reply.keys() {
        text.push_str(&format!("{} = {}\n", key.name, key.default));
    }
    let absent = "[[route]]\nfiles = \"public\"\n[[route]]\npath = \"/r\"\nreply = {}\n";
    assert_eq!(
        parse(&text).expect(&text),
        parse(absent).expect("valid"),
        "{text}"
    );
}

#[test]
fn the_examples_of_the_reference_are_valid() {
    let look: LookAtFolder<'_> = &|_| Folder::Present;
    let blocks: Vec<&str> = REFERENCE.split("```toml\n").skip(1).collect();
    assert!(blocks.len() >= 2);
    for block in blocks {
        let text = block.split("```").next().unwrap_or("");
        let read = Config::parse("docs.toml".as_ref(), text, "/srv".as_ref(), look);
        assert!(read.is_ok(), "{read:?}\n{text}");
    }
}

#[test]
fn the_example_configs_are_valid_with_their_folders() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the examples are there") {
        let file = entry.expect("an entry").path();
        if file
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            count += 1;
            if let Err(problems) = Config::load(&file) {
                panic!("{}", problems[0]);
            }
        }
    }
    assert!(count >= 2, "{count} examples");
}

/// Name, default and bounds of each row of the first table below a heading.
fn rows_below(heading: &str) -> Vec<(String, String, String)> {
    let mut lines = REFERENCE
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1);
    let rows = lines.by_ref().skip_while(|line| !line.starts_with('|'));
    let rows: Vec<_> = rows
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(|cell| cell.trim()).collect();
            let plain = |index: usize| cells.get(index).map_or("", |c| c.trim_matches('`'));
            (
                plain(1).to_owned(),
                plain(2).to_owned(),
                plain(3).to_owned(),
            )
        })
        .collect();
    let unique: BTreeMap<&str, ()> = rows.iter().map(|row| (row.0.as_str(), ())).collect();
    assert_eq!(
        unique.len(),
        rows.len(),
        "a key stands twice below {heading}"
    );
    rows
}
