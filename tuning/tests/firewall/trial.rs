//! Rules that take themselves back, and those that stay.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::lab::{Answer, FRIEND, Lab, runs, wait_until};

/// What somebody has confirmed before, to come back to.
fn with_old_rules(lab: &Lab) -> String {
    lab.enforce(&["--service-port", "8080"]);
    lab.rules()
}

#[test]
fn what_nobody_confirms_is_taken_back() {
    let Some(lab) = Lab::new() else { return };
    let applied = lab.apply("3s", &[]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.out.contains("in 3 s"), "{applied:?}");
    assert!(
        applied.out.contains(&format!("pid {}", lab.guard())),
        "{applied:?}"
    );
    assert!(lab.rules().contains("table inet ringmain"));
    wait_until("no rules again", || lab.rules().is_empty());
    let late = lab.firewall(&["confirm"]);
    assert_eq!(late.code, Some(1), "{late:?}");
    assert!(late.err.contains("too late"), "{late:?}");
}

#[test]
fn what_was_there_before_comes_back_and_not_only_goes() {
    let Some(lab) = Lab::new() else { return };
    let old = with_old_rules(&lab);
    assert_eq!(lab.apply("3s", &[]).code, Some(0));
    assert_ne!(lab.rules(), old);
    wait_until("the old rules", || lab.rules() == old);
}

#[test]
fn what_is_confirmed_stays_and_its_guard_ends() {
    let Some(lab) = Lab::new() else { return };
    assert_eq!(lab.apply("60s", &[]).code, Some(0));
    let (guard, rules) = (lab.guard(), lab.rules());
    let confirmed = lab.firewall(&["confirm"]);
    assert_eq!(confirmed.code, Some(0), "{confirmed:?}");
    wait_until("the guard's end", || !runs(guard));
    assert_eq!(lab.rules(), rules);
    let log = fs::read_to_string(lab.state.path().join("firewall/guard.log")).expect("a log");
    assert!(log.contains("confirmed"), "{log}");
    let again = lab.firewall(&["confirm"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    let back = lab.firewall(&["rollback"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(lab.rules(), "");
}

/// The end of an SSH session hangs up its terminal and its session.
#[test]
fn the_guard_is_in_a_session_of_its_own_and_holds_nothing() {
    let Some(lab) = Lab::new() else { return };
    assert_eq!(lab.apply("60s", &[]).code, Some(0));
    let guard = lab.guard();
    let stat = fs::read_to_string(format!("/proc/{guard}/stat")).expect("it runs");
    let session = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.split(' ').nth(3));
    assert_eq!(session, Some(guard.to_string().as_str()), "{stat}");
    let folder = fs::read_link(format!("/proc/{guard}/cwd")).expect("it runs");
    assert_eq!(folder, Path::new("/"));
    assert_eq!(lab.firewall(&["rollback"]).code, Some(0));
    wait_until("the guard's end", || !runs(guard));
}

/// Whatever the guard cannot read counts as not confirmed.
#[test]
fn a_lost_state_folder_does_not_keep_the_rules() {
    let Some(lab) = Lab::new() else { return };
    let old = with_old_rules(&lab);
    assert_eq!(lab.apply("1s", &[]).code, Some(0));
    fs::remove_dir_all(lab.state.path().join("firewall")).expect("removed");
    wait_until("the old rules", || lab.rules() == old);
}

/// Wherever it is killed, there are the old rules, or new ones that somebody takes back.
#[test]
fn an_apply_that_is_killed_leaves_nothing_for_good() {
    let Some(lab) = Lab::new() else { return };
    let old = with_old_rules(&lab);
    for delay_ms in [1, 4, 8, 12, 16, 24, 32, 48] {
        let mut apply = lab
            .command(&["apply", "--ssh-from", FRIEND, "--confirm-within", "1s"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        thread::sleep(Duration::from_millis(delay_ms));
        apply.kill().expect("it is ours");
        apply.wait().expect("an end");
        // The child of a killed apply may still be at work, so the rules have to stay old.
        wait_until("the guard's end, if there is one", || {
            lab.last_guard().is_none_or(|guard| !runs(guard))
        });
        wait_until(
            &format!("the old rules, killed after {delay_ms} ms"),
            || lab.rules() == old,
        );
        if lab
            .last_phase()
            .is_some_and(|phase| phase == "loading" || phase == "pending")
        {
            let settled = lab.firewall(&["rollback"]);
            assert_eq!(
                settled.code,
                Some(0),
                "killed after {delay_ms} ms: {settled:?}"
            );
            assert_eq!(lab.rules(), old);
        }
    }
}

/// Half of the old rules is worse than none of them.
#[test]
fn a_guard_that_was_not_told_everything_does_nothing() {
    let Some(lab) = Lab::new() else { return };
    let old = with_old_rules(&lab);
    let mut command = lab.command(&["guard", "--token", "x", "--within-ms", "1"]);
    let mut guard = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = guard.stdin.take().expect("piped");
    stdin
        .write_all(b"delete table inet ringmain\n")
        .expect("written");
    drop(stdin);
    let answer = Answer::of(&guard.wait_with_output().expect("an end"));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.err.contains("nothing to take back"), "{answer:?}");
    assert_eq!(lab.rules(), old);
}

#[test]
fn one_trial_at_a_time_and_a_killed_guard_is_named() {
    let Some(lab) = Lab::new() else { return };
    let old = with_old_rules(&lab);
    assert_eq!(lab.apply("60s", &[]).code, Some(0));
    let guard = lab.guard();
    let second = lab.apply("60s", &["--service-port", "443"]);
    assert_eq!(second.code, Some(3), "{second:?}");
    assert!(
        second.err.contains(&format!("pid {guard} takes it back")),
        "{second:?}"
    );
    lab.server.run(&format!("kill -9 {guard}"));
    wait_until("the guard's end", || !runs(guard));
    let abandoned = lab.apply("60s", &[]);
    assert_eq!(abandoned.code, Some(3), "{abandoned:?}");
    assert!(abandoned.err.contains("is gone"), "{abandoned:?}");
    assert_eq!(lab.firewall(&["rollback"]).code, Some(0));
    assert_eq!(lab.rules(), old);
    assert_eq!(
        lab.apply("60s", &[]).code,
        Some(0),
        "and the next one is free to begin"
    );
    assert_eq!(lab.firewall(&["rollback"]).code, Some(0));
}

/// Rules end with the kernel that held them; a record of this kernel that is about other rules, or
/// that cannot be read, is not acted upon.
#[test]
fn a_trial_of_another_boot_is_over_and_one_of_another_namespace_is_refused() {
    let Some(lab) = Lab::new() else { return };
    assert_eq!(lab.apply("60s", &[]).code, Some(0));
    let guard = lab.guard();
    let path = lab.state.path().join("firewall/journal.jsonl");
    let ours = fs::read_to_string(&path).expect("a record");
    let elsewhere = ours.replace("net:[", "net:[9");
    fs::write(&path, elsewhere).expect("written");
    for command in ["confirm", "rollback"] {
        let refused = lab.firewall(&[command]);
        assert_eq!(refused.code, Some(3), "{refused:?}");
        assert!(refused.err.contains("network namespace"), "{refused:?}");
    }
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("an id");
    fs::write(&path, ours.replace(boot.trim(), "another")).expect("written");
    let nothing = lab.firewall(&["rollback"]);
    assert_eq!(
        (nothing.code, nothing.out.as_str()),
        (Some(0), "nothing to roll back\n")
    );
    fs::write(&path, "{ torn").expect("written");
    let damaged = lab.firewall(&["confirm"]);
    assert_eq!(damaged.code, Some(3), "{damaged:?}");
    assert!(damaged.err.contains("damaged"), "{damaged:?}");
    fs::write(&path, &ours).expect("written");
    assert_eq!(lab.firewall(&["rollback"]).code, Some(0));
    wait_until("the guard's end", || !runs(guard));
}
