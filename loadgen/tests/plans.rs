//! The plans that come with ringload: each is read as it stands.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ringload::plan::Job;
use ringload::plan::build::World;
use ringload::plan::file::Plan;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn load(name: &str) -> Plan {
    let read = |file: &Path, _bytes_max: usize| std::fs::read(file);
    let resolve = |_: &str, _: u16| -> io::Result<Vec<SocketAddr>> {
        panic!("the examples name addresses and need no resolver")
    };
    let world = World {
        read: &read,
        resolve: &resolve,
        seed: 1,
    };
    let file = examples().join(name);
    Plan::load(&file, world).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{problems:#?}")
    })
}

#[test]
fn there_is_a_plan_for_each_target_that_a_load_shows() {
    let mut names: Vec<String> = std::fs::read_dir(examples())
        .expect("the folder is there")
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    let wanted: Vec<String> = (1..=6).map(|number| format!("T{number}.toml")).collect();
    assert_eq!(names, wanted);
    for name in wanted {
        let plan = load(&name);
        assert_eq!(format!("{}.toml", plan.name), name);
        assert!(!plan.jobs.is_empty(), "{name}");
    }
}

#[test]
fn the_plans_hold_the_documents_figures() {
    let plan = load("T1.toml");
    assert!(matches!(&plan.jobs[0], Job::Hold(_, hold) if hold.connections.get() == 100_000));
    let plan = load("T2.toml");
    assert!(matches!(&plan.jobs[0], Job::Hold(_, hold) if hold.connections.get() == 1_000_000));
    let plan = load("T3.toml");
    let Job::Steps(_, steps) = &plan.jobs[0] else {
        panic!("{:?}", plan.jobs[0]);
    };
    let steps: Vec<u32> = steps.iter().map(|step| step.get()).collect();
    assert_eq!(steps, [100, 500, 1000]);
    let thresholds: Vec<String> = plan.jobs[1..]
        .iter()
        .map(|job| match job {
            Job::Load(scenario) => scenario.slo.to_string(),
            Job::Steps(..) | Job::Search(..) | Job::Hold(..) | Job::Abuse(..) => {
                panic!("{job:?}")
            }
        })
        .collect();
    assert_eq!(thresholds.len(), 6);
    for (row, figures) in [("950", "85ms"), ("4200", "130ms"), ("6800", "210ms")]
        .iter()
        .enumerate()
    {
        let closed = format!("rate>={},p99<={},errors=0", figures.0, figures.1);
        assert_eq!(thresholds[row], closed);
        assert_eq!(thresholds[row + 3], format!("p99<={},errors=0", figures.1));
    }
}
