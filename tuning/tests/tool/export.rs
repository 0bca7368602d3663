//! `export`: files and the script for hosts without the binary.

use std::fs;
use std::process::{Command, Stdio};

use crate::harness::{Answer, Tree, has_program};

/// The exported script, run by a POSIX shell on the same tree.
struct Script<'t> {
    tree: &'t Tree,
}

impl<'t> Script<'t> {
    fn of(tree: &'t Tree) -> Self {
        let answer = tree.run(&["export", "--format", "sh", "--allow-lower"]);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        tree.write("ringtune.sh", &answer.out);
        Self { tree }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        let command_line = command.arg(self.tree.at("ringtune.sh")).args(arguments);
        command_line
            .env("ROOT", self.tree.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments).output().expect("sh runs"))
    }
}

/// A tree without the choice of huge pages: only a kernel shows the chosen word in brackets.
fn tree() -> Tree {
    Tree::with(&[("sys/kernel/mm/transparent_hugepage/enabled", "madvise\n")])
}

#[test]
fn every_format_has_the_values() {
    let tree = tree();
    for (format, part) in [
        ("sysctl.d", "net.core.somaxconn = 4096\n"),
        ("systemd", "LimitNOFILE=32768\n"),
        (
            "ansible",
            "    name: net.core.somaxconn\n    value: \"4096\"\n",
        ),
        ("sh", "raise|/proc/sys/net/core/somaxconn|4096\n"),
    ] {
        let answer = tree.run(&["export", "--format", format]);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert!(answer.out.contains(part), "{format}: {}", answer.out);
    }
}

#[test]
fn the_script_checks_applies_and_rolls_back() {
    let tree = tree();
    let before = tree.values();
    let script = Script::of(&tree);
    let answer = script.run(&["check"]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(
        answer
            .out
            .contains("DRIFT /proc/sys/net/core/somaxconn 128 -> 4096\n"),
        "{answer:?}"
    );
    let answer = script.run(&["apply"]);
    assert_eq!(
        (answer.code, answer.err.as_str()),
        (Some(0), ""),
        "{answer:?}"
    );
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "4096");
    assert_eq!(
        tree.value("proc/sys/net/ipv4/tcp_rmem"),
        "4096 131072 8000000"
    );
    assert_eq!(tree.value("proc/sys/vm/swappiness"), "60");
    assert_eq!(script.run(&["apply"]).out, "nothing to do\n");
    let answer = script.run(&["apply", "--allow-lower"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(tree.value("proc/sys/vm/swappiness"), "10");
    assert_eq!(script.run(&["check"]).code, Some(0));
    let answer = script.run(&["rollback"]);
    assert_eq!(
        (answer.code, answer.err.as_str()),
        (Some(0), ""),
        "{answer:?}"
    );
    assert_eq!(tree.values(), before);
    assert_eq!(script.run(&["rollback"]).out, "nothing to roll back\n");
}

#[test]
fn the_script_leaves_what_an_admin_changed() {
    let tree = tree();
    let script = Script::of(&tree);
    script.run(&["apply"]);
    tree.write("proc/sys/net/core/somaxconn", "9000\n");
    let answer = script.run(&["rollback"]);
    assert!(
        answer
            .out
            .contains("left /proc/sys/net/core/somaxconn: somebody set 9000"),
        "{answer:?}"
    );
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "9000");
    assert_eq!(
        tree.value("proc/sys/net/ipv4/tcp_slow_start_after_idle"),
        "1"
    );
}

/// The journal as it is after a stop between each two of its lines, and in the middle of each.
#[test]
fn the_script_rolls_back_wherever_it_was_stopped() {
    let tree = tree();
    let before = tree.values();
    let script = Script::of(&tree);
    script.run(&["apply"]);
    let after = tree.values();
    let journal = fs::read_to_string(tree.at("var/lib/ringtune-sh/journal")).expect("a journal");
    let writes: Vec<usize> = journal
        .match_indices("\nw|")
        .map(|(at, _)| at + 1)
        .collect();
    assert!(writes.len() >= 3, "{journal}");
    for (done, at) in writes.iter().enumerate() {
        // So many writes are noted, and the next one happened without being noted.
        let order: Vec<&str> = journal
            .lines()
            .filter(|line| line.starts_with("o|"))
            .collect();
        for (path, value) in &before {
            let noted = order.iter().position(|line| {
                path.ends_with(
                    line.split('|')
                        .nth(1)
                        .unwrap_or_default()
                        .trim_start_matches('/'),
                )
            });
            let written = noted.is_some_and(|position| position <= done);
            let now = after
                .iter()
                .find(|(other, _)| other == path)
                .map(|(_, now)| now);
            let text = if written {
                now.expect("the same keys")
            } else {
                value
            };
            fs::write(path, format!("{text}\n")).expect("a file");
        }
        tree.write(
            "var/lib/ringtune-sh/journal",
            &format!("{}w|/pro", &journal[..*at]),
        );
        let answer = script.run(&["rollback"]);
        assert_eq!(answer.code, Some(0), "{done}: {answer:?}");
        assert_eq!(tree.values(), before, "{done}: {answer:?}");
    }
}

#[test]
fn the_script_takes_over_the_lock_of_a_dead_run_only() {
    let tree = tree();
    let script = Script::of(&tree);
    tree.write(
        "var/lib/ringtune-sh/lock/pid",
        &format!("{}\n", std::process::id()),
    );
    let answer = script.run(&["apply"]);
    assert_eq!(answer.code, Some(3), "{answer:?}");
    assert!(answer.err.contains("another run"), "{answer:?}");
    let mut child = Command::new("true").spawn().expect("it starts");
    child.wait().expect("ours");
    tree.write("var/lib/ringtune-sh/lock/pid", &format!("{}\n", child.id()));
    assert_eq!(script.run(&["apply"]).code, Some(0));
}

#[test]
fn the_script_is_clean() {
    if !has_program("shellcheck") {
        println!("skipped: shellcheck is not installed");
        return;
    }
    let tree = tree();
    Script::of(&tree);
    let output = Command::new("shellcheck")
        .arg(tree.at("ringtune.sh"))
        .output()
        .expect("it runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
