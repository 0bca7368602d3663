//! The commands beside a plain load: steps, search, plans, holding, abuse, comparing.

use std::path::Path;

use tempfile::TempDir;

use crate::harness::{assert_code, brief, code, messages, ringload, stderr, stdout, text};
use crate::server::Server;

#[test]
fn steps_and_search_answer_what_was_asked() {
    let server = Server::start();
    let url = server.url("/");
    let brief = ["-t", "1", "-d", "300ms", "--warmup", "0s"];
    let steps = ringload(&[&["steps", "1,3"], &brief[..], &[&url]].concat());
    assert_code(&steps, 0);
    assert!(stdout(&steps).contains("load c=3"), "{}", stdout(&steps));
    let bounds = [
        "search",
        "--slo",
        "max<1ns",
        "--from",
        "64",
        "--runs-max",
        "3",
        "-q",
    ];
    let search = ringload(&[&bounds[..], &brief[..], &[&url]].concat());
    assert_code(&search, 1);
    assert!(
        stdout(&search).contains("load: max<1ns holds at no rate"),
        "{}",
        stdout(&search)
    );
}

#[test]
fn a_plan_is_run_in_turns_and_its_results_are_kept() {
    let server = Server::start();
    let folder = TempDir::new().expect("a folder");
    let plan = folder.path().join("small.toml");
    let common = "connections = 2\nthreads = 1\nduration = \"200ms\"\nwarmup = \"0s\"";
    let scenarios = "[[scenario]]\nname = \"a\"\n[[scenario]]\nname = \"b\"";
    let text_of_plan = format!(
        "repeat = 2\nurl = \"{}\"\n{common}\n{scenarios}\n",
        server.url("/")
    );
    std::fs::write(&plan, text_of_plan).expect("a plan");
    let results = folder.path().join("results");
    let (plan, into) = (plan.display().to_string(), results.display().to_string());
    let output = ringload(&["run", &plan, "--results", &into]);
    assert_code(&output, 0);
    let made: Vec<_> = std::fs::read_dir(&results).expect("made").collect();
    let made = made[0].as_ref().expect("one folder").path();
    assert!(
        made.display().to_string().ends_with("-small"),
        "{}",
        made.display()
    );
    let document: serde_json::Value =
        serde_json::from_str(&text(&made.join("runs.json"))).expect("JSON");
    let runs = document["runs"].as_array().expect("runs").iter();
    let names: Vec<_> = runs.map(|run| &run["name"]).collect();
    assert_eq!(names, ["a", "b", "a", "b"]);
    for file in [
        "plan.toml",
        "command.txt",
        "totals.csv",
        "intervals.csv",
        "latency.hlog",
        "latency-a.hgrm",
        "latency-b.hgrm",
        "report.html",
        "tables.txt",
    ] {
        assert!(!text(&made.join(file)).is_empty(), "{file}");
    }
}

#[test]
fn a_wrong_plan_is_told_by_line_and_column() {
    let folder = TempDir::new().expect("a folder");
    let plan = folder.path().join("wrong.toml");
    let text_of_plan = "duration = \"1s\"\n[[scenario]]\nkind = \"hold\"\n\
                        url = \"http://127.0.0.1/\"\nconection = 5\n";
    std::fs::write(&plan, text_of_plan).expect("a plan");
    let output = ringload(&["run", &plan.display().to_string()]);
    assert_eq!(code(&output), 2);
    let messages = messages(&output);
    // Holding has no duration: a mistake that the plan's own keys bring along.
    assert!(
        messages[0].contains("wrong.toml:1:12: `duration` is of a load"),
        "{messages:?}"
    );
    assert!(
        messages[1].contains("wrong.toml:5:1: unknown key `conection`"),
        "{messages:?}"
    );
    assert!(
        messages[1].ends_with("did you mean `connections`?"),
        "{messages:?}"
    );
}

#[test]
fn documents_are_compared_and_rendered_again() {
    let server = Server::start();
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    for name in ["a.json", "b.json"] {
        assert_code(&brief(&["-q", "--json", &file(name), &server.url("/")]), 0);
    }
    let compared = ringload(&["compare", &file("a.json"), &file("b.json")]);
    assert_eq!(code(&compared), 0, "{}", stderr(&compared));
    assert!(
        !stdout(&compared).contains("faster"),
        "{}",
        stdout(&compared)
    );
    let rendered = ringload(&[
        "report",
        &file("a.json"),
        &file("b.json"),
        "--html",
        &file("both.html"),
    ]);
    assert_eq!(code(&rendered), 0, "{}", stderr(&rendered));
    assert!(text(Path::new(&file("both.html"))).contains("</html>"));
    let broken = ringload(&["report", &file("both.html")]);
    assert_eq!(code(&broken), 2);
    assert!(
        messages(&broken)[0].contains("not a ringload document"),
        "{broken:?}"
    );
}

#[test]
fn connections_are_held_and_counted() {
    let server = Server::start();
    let output = ringload(&[
        "hold",
        "-c",
        "20",
        "-t",
        "1",
        "--hold",
        "200ms",
        "--every",
        "10s",
        &server.url("/"),
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("20 of 20 answered"),
        "{}",
        stdout(&output)
    );
    assert_eq!(
        server.requests().len(),
        40,
        "one at the beginning and one at the end"
    );
}

#[test]
fn abuse_reports_whether_it_was_survived() {
    let server = Server::start();
    let output = ringload(&[
        "abuse",
        "--kind",
        "half-open",
        "-c",
        "3",
        "-d",
        "500ms",
        "--json",
        "-",
        &server.url("/"),
    ]);
    let reports: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(reports[0]["opened"], 3, "{reports}");
}
