//! Plans as people write them.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::plan::{Arrival, Extent, Pacing, Scenario};

fn resolve(_: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
}

fn read(_: &Path, _: usize) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::NotFound.into())
}

fn parse(text: &str) -> Result<Plan, Vec<Problem>> {
    let world = World {
        read: &read,
        resolve: &resolve,
        seed: 1,
    };
    Plan::parse(Path::new("p.toml"), text.to_owned(), world)
}

fn plan(text: &str) -> Plan {
    parse(text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The problems of a text, each as it is shown.
fn problems(text: &str) -> Vec<String> {
    let problems = parse(text).expect_err("problems");
    problems.iter().map(Problem::to_string).collect()
}

fn load(job: &Job) -> &Scenario {
    match job {
        Job::Load(scenario) => scenario,
        Job::Steps(..) | Job::Search(..) | Job::Hold(..) | Job::Abuse(..) => panic!("{job:?}"),
    }
}

/// A request of the first server as text.
fn rendered(scenario: &Scenario, request: usize) -> String {
    let mut variables = crate::plan::request::Variables {
        next: 0,
        step: 1,
        random: rand::SeedableRng::seed_from_u64(1),
    };
    let mix = &scenario.origins[0].mix;
    let bytes = mix.request(request).render(&mut variables);
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn a_scenario_has_the_plans_keys_unless_it_has_its_own() {
    let plan = plan(
        r#"
name = "both"
repeat = 5
connections = "1k"
duration = "30s"
header = ["A: plan", "B: plan"]
url = "http://here:81/"

[[scenario]]
name = "closed"

[[scenario]]
name = "open"
rate = 50_000
arrival = "constant"
connections = 7
header = "C: own"

[[scenario]]
name = "staged"
stages = ["10s:1k", "20s:1k..5k"]
no_keepalive = true
"#,
    );
    assert_eq!((&*plan.name, plan.repeat.get()), ("both", 5));
    let [closed, open, staged] = &plan.jobs[..] else {
        panic!("{:?}", plan.jobs);
    };
    let (closed, open, staged) = (load(closed), load(open), load(staged));
    assert_eq!(
        (closed.connections.get(), open.connections.get()),
        (1000, 7)
    );
    assert_eq!(open.extent, Extent::Time(Duration::from_secs(30)));
    assert!(matches!(
        open.pacing,
        Pacing::Open {
            arrival: Arrival::Constant,
            ..
        }
    ));
    // The plan's duration excludes stages, and the scenario's stages are nearer.
    assert_eq!(staged.extent, Extent::Time(Duration::from_secs(30)));
    assert_eq!(staged.connecting.reuse, crate::plan::Reuse::OneRequest);
    let bytes = |scenario: &Scenario| rendered(scenario, 0);
    assert!(bytes(closed).contains("A: plan\r\nB: plan\r\n"));
    assert!(bytes(open).contains("C: own\r\n") && !bytes(open).contains("plan"));
}

#[test]
fn a_mix_is_urls_and_requests() {
    let plan = plan(
        r#"
[[scenario]]
url = ["3@http://here:81/a", "http://here:81/b"]
header = ["Accept: all", "X-Kept: yes"]

[[scenario.request]]
url = "http://here:81/c"
weight = 0.5
method = "PUT"
header = "accept: own"
body = "id={seq}"
"#,
    );
    let scenario = load(&plan.jobs[0]);
    assert_eq!(scenario.name, "p", "the only scenario has the plan's name");
    let mix = &scenario.origins[0].mix;
    assert_eq!(mix.weight(), 4.5);
    let labels: Vec<&str> = mix.requests().iter().map(|one| &*one.label).collect();
    assert_eq!(labels, ["GET /a", "GET /b", "PUT /c"]);
    let (common, own) = (rendered(scenario, 0), rendered(scenario, 2));
    assert!(
        common.contains("Accept: all\r\nX-Kept: yes\r\n"),
        "{common}"
    );
    assert!(own.contains("X-Kept: yes\r\naccept: own\r\n"), "{own}");
    assert!(
        !own.contains("all") && own.ends_with("\r\n\r\nid=0"),
        "{own}"
    );
}

#[test]
fn each_kind_has_its_job() {
    let plan = plan(
        r#"
url = "http://here/"
[[scenario]]
name = "a"
kind = "steps"
steps = [100, 500, "1k"]
[[scenario]]
name = "b"
kind = "search"
slo = ["p99<5ms", "errors<0.1%"]
to = "100k/s"
[[scenario]]
name = "c"
kind = "hold"
connections = "100k"
hold = "90s"
"#,
    );
    let Job::Steps(_, steps) = &plan.jobs[0] else {
        panic!("{:?}", plan.jobs[0]);
    };
    assert_eq!(
        steps.iter().map(|step| step.get()).collect::<Vec<_>>(),
        [100, 500, 1000]
    );
    let Job::Search(base, bounds) = &plan.jobs[1] else {
        panic!("{:?}", plan.jobs[1]);
    };
    assert_eq!(
        (base.slo.to_string().as_str(), bounds.to),
        ("p99<5ms,errors<0.1%", 1e5)
    );
    let Job::Hold(name, hold) = &plan.jobs[2] else {
        panic!("{:?}", plan.jobs[2]);
    };
    assert_eq!((&**name, hold.connections.get()), ("c", 100_000));
    assert_eq!(hold.hold, Duration::from_secs(90));
}

#[test]
fn every_problem_is_said_at_once_with_its_place_and_remedy() {
    let found = problems(
        r#"conections = 5
duration = 10
repeat = 0

[[scenario]]
name = "a"
url = ["http://here/", "here:80"]
rate = "fast"
insecure = "yes"
kind = "serach"

[[scenario]]
name = "a"
url = "http://here/{sqe}"
pipeline = 2
steps = [1]
no_keepalive = true

[[scenario]]
name = "c"
[[scenario.request]]
url = "http://here/"
wieght = 3
"#,
    );
    for wanted in [
        "p.toml:1:1: unknown key `conections`; did you mean `connections`?",
        "p.toml:2:12: `duration` is \"10\": has no unit; write 10s for seconds or 10ms for \
         milliseconds",
        "p.toml:3:10: `repeat` is \"0\": is not from 1 to 4294967295",
        "p.toml:7:24: \"here:80\" has no scheme; write http://here:80",
        "p.toml:8:8: `rate` is \"fast\": does not begin with a number; write it as in 50000 or \
         50k/s",
        "p.toml:9:12: `insecure` is true or false",
        "p.toml:10:8: `kind` is \"serach\"; did you mean \"search\"?",
        "p.toml:14:7: {sqe} is no place that can be filled; did you mean {seq}?",
        "p.toml:15:12: `pipeline` needs connections that are kept; leave out no_keepalive or \
         write 1",
        "p.toml:16:9: `steps` is for kind = \"steps\"; write that, or leave it out",
        "p.toml:23:1: unknown key `wieght`; did you mean `weight`?",
    ] {
        assert!(
            found.iter().any(|problem| problem == wanted),
            "{wanted}\n{found:#?}"
        );
    }
    let starts = |with: &str| found.iter().any(|problem| problem.starts_with(with));
    assert!(
        starts("p.toml:13:8: the name \"a\" is another scenario's"),
        "{found:#?}"
    );
    assert_eq!(found.len(), 12, "{found:#?}");
}

#[test]
fn what_excludes_each_other_is_said_in_the_plans_words() {
    let found = problems("[[scenario]]\nurl = \"http://h/\"\nduration = \"1s\"\nrequests = 5\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("`duration`") && found[0].contains("`requests`"),
        "{found:?}"
    );
    assert!(
        !found[0].contains('<') && !found[0].contains("--"),
        "{found:?}"
    );
}

#[test]
fn a_plan_without_a_scenario_or_of_another_shape_says_what_to_write() {
    for (text, says) in [
        ("", "p.toml:1:1: there is no [[scenario]]"),
        (
            "[scenario]\nurl = \"http://h/\"\n",
            "write [[scenario]] instead of [scenario]",
        ),
        (
            "[[scenario]]\n",
            "p.toml:1:1: the scenario has neither `url`",
        ),
        ("scenario = [5]\n", "p.toml:1:13: a scenario is a table"),
        ("[[scenario]]\nurl = 5\n", "p.toml:2:7: `url` is a text"),
        ("a = = 5\n", "p.toml:1:5: this is not TOML: "),
        (
            "name = \"a/b\"\n[[scenario]]\nurl = \"http://h/\"\n",
            "p.toml:1:8: `name` becomes",
        ),
        (
            "[[scenario]]\nurl = \"http://h/\"\n[[scenario]]\nname = \"b\"\n",
            "needs a name",
        ),
        (
            "url = \"http://h/\"\n[[scenario]]\nkind = \"steps\"\n",
            "p.toml:3:8: kind = \"steps\" needs",
        ),
        (
            "url = \"http://h/\"\n[[scenario]]\nkind = \"search\"\n",
            "`slo` is what a search",
        ),
        (
            "url = \"http://h/\"\n[[scenario]]\nkind = \"hold\"\nrate = 5\n",
            "p.toml:4:8: `rate` is of a load",
        ),
        (
            "url = \"http://h/\"\n[[scenario]]\nconnections = -5\n",
            "p.toml:3:15: `connections` is -5",
        ),
        (
            "url = \"http://h/\"\n[[scenario]]\nrate = [[5]]\n",
            "a list in a list",
        ),
        (
            "url = \"http://h/\"\n[[scenario]]\nname = true\n",
            "write its value in quotes",
        ),
    ] {
        let found = problems(text);
        assert!(
            found.iter().any(|problem| problem.contains(says)),
            "{says}: {found:?}"
        );
    }
}
