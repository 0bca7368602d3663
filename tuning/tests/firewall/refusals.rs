//! What is refused, and that showing and checking change nothing.

use std::process::Command;

use crate::lab::{Answer, missing};

fn firewall(arguments: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringtune"));
    Answer::of(
        &command
            .arg("firewall")
            .args(arguments)
            .output()
            .expect("it runs"),
    )
}

#[test]
fn a_rule_set_needs_a_word_about_ssh() {
    for command in ["show", "check", "apply"] {
        let refused = firewall(&[command]);
        assert_eq!(refused.code, Some(2), "{command}: {refused:?}");
        assert!(
            refused.err.contains("--ssh-from") && refused.err.contains("--no-ssh"),
            "{refused:?}"
        );
        assert_eq!(refused.out, "");
    }
    assert_eq!(firewall(&["show", "--no-ssh"]).code, Some(0));
}

#[test]
fn wrong_flags_are_one_line_with_a_remedy() {
    for (arguments, remedy) in [
        (&["--ssh-from", "10.1.0.0/8"][..], "write 10.0.0.0/8"),
        (&["--ssh-from", "everybody"], "such as 10.0.0.0/8"),
        (
            &["--ssh-from", "10.0.0.0/8", "--service-port", "1-1024"],
            "--ssh-port",
        ),
        (
            &["--ssh-from", "10.0.0.0/8", "--service-port", "http"],
            "80,443",
        ),
        (&["--no-ssh", "--service-port", "0"], "1 to 65535"),
        (
            &["--no-ssh", "--ssh-from", "10.0.0.0/8"],
            "cannot be used with",
        ),
    ] {
        let refused = firewall(&[&["show"], arguments].concat());
        assert_eq!(refused.code, Some(2), "{arguments:?}: {refused:?}");
        assert!(refused.err.contains(remedy), "{arguments:?}: {refused:?}");
        assert_eq!(refused.err.lines().count(), 1, "{refused:?}");
    }
    let refused = firewall(&["apply", "--no-ssh", "--confirm-within", "2h"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[test]
fn export_prints_what_show_prints() {
    let flags = ["--ssh-from", "10.0.0.0/8", "--service-port", "8080"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringtune"));
    let exported = command
        .args(["export", "--format", "nft"])
        .args(flags)
        .output();
    let exported = Answer::of(&exported.expect("it runs"));
    assert_eq!(exported.code, Some(0), "{exported:?}");
    assert_eq!(
        exported.out,
        firewall(&[&["show"][..], &flags].concat()).out
    );
}

#[test]
fn nft_takes_every_form_of_the_rule_set_and_the_host_keeps_its_own() {
    if let Some(missing) = missing() {
        println!("skipped: {missing}");
        return;
    }
    let rules = || {
        Answer::of(
            &Command::new("nft")
                .args(["-s", "list", "ruleset"])
                .output()
                .expect("nft"),
        )
    };
    let before = rules();
    for ssh in [
        &["--no-ssh"][..],
        &["--ssh-from", "10.0.0.0/8"],
        &["--ssh-from", "::/0"],
        &["--ssh-from", "0.0.0.0/0,::/0"],
    ] {
        for service in [
            &[][..],
            &["--service-udp-port", "443"],
            &["--no-notrack"],
            &[
                "--service-port",
                "1-21,23-65535",
                "--service-udp-port",
                "1-65535",
            ],
        ] {
            let flags = [&["check"], ssh, service].concat();
            let checked = firewall(&flags);
            assert_eq!(checked.code, Some(0), "{flags:?}: {checked:?}");
        }
    }
    assert_eq!(rules().out, before.out);
}
