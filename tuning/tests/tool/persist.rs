//! `persist`: files that say who wrote them.

use crate::harness::Tree;

#[test]
fn the_files_are_shown_first_and_then_written_once() {
    let tree = Tree::with(&[]);
    let shown = tree.run(&["persist", "--dry-run"]);
    assert_eq!(shown.code, Some(0));
    assert!(
        shown.out.contains("net.core.somaxconn = 4096\n"),
        "{}",
        shown.out
    );
    assert!(!tree.at("etc/sysctl.d").exists());
    let answer = tree.run(&["persist", "--unit", "web"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let sysctls =
        std::fs::read_to_string(tree.at("etc/sysctl.d/80-ringtune.conf")).expect("written");
    assert!(sysctls.starts_with("# Written by ringtune for 10000 connections as server"));
    assert!(
        sysctls.contains("\nnet.core.somaxconn = 4096\n"),
        "{sysctls}"
    );
    assert!(!sysctls.contains("swappiness"), "{sysctls}");
    let unit = tree.value("etc/systemd/system/web.service.d/10-ringtune.conf");
    assert!(
        unit.contains("[Service]") && unit.contains("LimitNOFILE=32768"),
        "{unit}"
    );
    let files = tree.value("etc/tmpfiles.d/80-ringtune.conf");
    assert!(
        files.contains("w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise"),
        "{files}"
    );
    let again = tree.run(&["persist", "--unit", "web"]);
    assert_eq!(
        again.out.matches("is up to date").count(),
        3,
        "{}",
        again.out
    );
}

#[test]
fn what_is_written_before_and_after_apply_is_the_same() {
    let tree = Tree::with(&[]);
    let before = tree.run(&["persist", "--dry-run"]).out;
    tree.run(&["apply", "--yes"]);
    assert_eq!(tree.run(&["persist", "--dry-run"]).out, before);
}

#[test]
fn a_file_of_somebody_else_is_never_overwritten() {
    let tree = Tree::with(&[("etc/sysctl.d/80-ringtune.conf", "vm.swappiness = 1\n")]);
    let answer = tree.run(&["persist"]);
    assert_eq!(answer.code, Some(3), "{answer:?}");
    assert!(
        answer
            .err
            .contains("was not written by ringtune and stays as it is"),
        "{answer:?}"
    );
    assert_eq!(
        tree.value("etc/sysctl.d/80-ringtune.conf"),
        "vm.swappiness = 1"
    );
    assert!(
        tree.at("etc/systemd/system/ringmain.service.d/10-ringtune.conf")
            .exists()
    );
}

#[test]
fn a_later_file_that_wins_is_named() {
    let tree = Tree::with(&[("etc/sysctl.d/99-local.conf", "net.core.somaxconn = 128\n")]);
    let answer = tree.run(&["persist"]);
    let says = "net.core.somaxconn: /etc/sysctl.d/99-local.conf:1 sets 128 and wins";
    assert!(answer.err.contains(says), "{answer:?}");
}
