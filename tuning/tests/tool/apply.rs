//! `apply` and `rollback` on a tree.

use std::fs;
use std::process::Stdio;

use rustix::fs::{FlockOperation, flock};

use crate::harness::{Answer, Tree};

const APPLY: [&str; 2] = ["apply", "--yes"];

#[test]
fn apply_sets_what_drifted_and_rollback_restores_it_exactly() {
    let tree = Tree::with(&[]);
    let before = tree.values();
    let answer = tree.run(&["apply", "--yes"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(
        answer.out.contains("set net.core.somaxconn 128 -> 4096\n"),
        "{}",
        answer.out
    );
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "4096");
    assert_eq!(
        tree.value("proc/sys/net/ipv4/tcp_rmem"),
        "4096 131072 8000000"
    );
    let answer = tree.run(&["rollback"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(
        answer.out.contains("back net.core.somaxconn 4096 -> 128\n"),
        "{}",
        answer.out
    );
    // A tree is no kernel: the choice of huge pages does not show itself in brackets again.
    let without_choice = |values: Vec<(_, String)>| {
        let kept = values.into_iter();
        kept.filter(|(_, value)| !value.contains("always"))
            .collect::<Vec<_>>()
    };
    assert_eq!(without_choice(tree.values()), without_choice(before));
    assert_eq!(tree.run(&["rollback"]).out, "nothing to roll back\n");
    assert!(!tree.at("var/lib/ringtune/journal.jsonl").exists());
}

#[test]
fn a_second_apply_has_nothing_to_do_and_keeps_the_originals() {
    let tree = Tree::with(&[]);
    tree.run(&APPLY);
    let journal = tree.at("var/lib/ringtune/journal.jsonl");
    let answer = tree.run(&APPLY);
    assert_eq!(answer.code, Some(0));
    assert!(answer.out.contains("nothing to do"), "{}", answer.out);
    assert!(
        fs::read_to_string(journal)
            .expect("kept")
            .contains("\"before\":\"128\"")
    );
    tree.run(&["apply", "--yes", "--rate", "1e5"]);
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "32768");
    tree.run(&["rollback"]);
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "128");
}

#[test]
fn nothing_is_lowered_unless_that_is_asked_for() {
    let tree = Tree::with(&[]);
    let answer = tree.run(&APPLY);
    assert!(
        answer.out.contains("held back vm.swappiness 60 -> 10"),
        "{}",
        answer.out
    );
    assert_eq!(tree.value("proc/sys/vm/swappiness"), "60");
    tree.run(&["apply", "--yes", "--allow-lower"]);
    assert_eq!(tree.value("proc/sys/vm/swappiness"), "10");
    tree.run(&["rollback"]);
    assert_eq!(tree.value("proc/sys/vm/swappiness"), "60");
}

#[test]
fn what_an_admin_changed_is_named_and_left() {
    let tree = Tree::with(&[]);
    tree.run(&APPLY);
    tree.write("proc/sys/net/core/somaxconn", "9000\n");
    let answer = tree.run(&["rollback"]);
    assert_eq!(answer.code, Some(0));
    let says = "left net.core.somaxconn 9000: somebody changed it since (ours was 4096)\n";
    assert!(answer.out.contains(says), "{}", answer.out);
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "9000");
    assert_eq!(
        tree.value("proc/sys/net/ipv4/tcp_slow_start_after_idle"),
        "1"
    );
}

#[test]
fn without_a_terminal_and_without_yes_nothing_happens() {
    let tree = Tree::with(&[]);
    let before = tree.values();
    let answer = tree.run(&["apply"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("say --yes"), "{answer:?}");
    assert_eq!(tree.values(), before);
}

#[test]
fn a_second_run_at_once_is_told_who_has_the_lock() {
    let tree = Tree::with(&[]);
    fs::create_dir_all(tree.at("state")).expect("a folder");
    let lock = fs::File::create(tree.at("state/lock")).expect("a file");
    fs::write(tree.at("state/lock"), "4711\n").expect("a file");
    flock(&lock, FlockOperation::NonBlockingLockExclusive).expect("free");
    let state = tree.at("state");
    let state = state.to_str().expect("a name");
    for command in [
        &["apply", "--yes", "--state-dir", state][..],
        &["rollback", "--state-dir", state],
    ] {
        let answer = tree.run(command);
        assert_eq!(answer.code, Some(3), "{answer:?}");
        assert!(
            answer
                .err
                .contains("another ringtune (pid 4711) is at work"),
            "{answer:?}"
        );
    }
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "128");
}

#[test]
fn of_two_that_start_together_each_ends_well_or_is_told_to_wait() {
    let tree = Tree::with(&[]);
    let start = |_| {
        tree.command(&APPLY)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
    };
    let children: Vec<_> = (0..4)
        .map(start)
        .map(|child| child.expect("it starts"))
        .collect();
    let mut done = 0;
    for child in children {
        let answer = Answer::of(child.wait_with_output().expect("ours"));
        match answer.code {
            Some(0) => done += 1,
            _ => assert!(answer.err.contains("is at work"), "{answer:?}"),
        }
    }
    assert!(done >= 1);
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "4096");
    tree.run(&["rollback"]);
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "128");
}

#[test]
fn a_journal_line_that_was_half_written_is_recognized() {
    let tree = Tree::with(&[]);
    tree.run(&APPLY);
    let journal = tree.at("var/lib/ringtune/journal.jsonl");
    let mut text = fs::read_to_string(&journal).expect("a journal");
    text.push_str("{\"record\":\"wro");
    fs::write(&journal, text).expect("a file");
    let answer = tree.run(&["rollback"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "128");
}

#[test]
fn a_damaged_journal_is_not_guessed_at() {
    let tree = Tree::with(&[]);
    tree.run(&APPLY);
    let journal = tree.at("var/lib/ringtune/journal.jsonl");
    let text = fs::read_to_string(&journal).expect("a journal");
    fs::write(&journal, text.replacen("\"before\"", "\"bevor\"", 1)).expect("a file");
    let answer = tree.run(&["rollback"]);
    assert_eq!(answer.code, Some(3));
    assert!(
        answer.err.contains("of the journal is damaged"),
        "{answer:?}"
    );
    assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "4096");
}
