//! `check`, `plan`, `explain`: what is said of a host.

use crate::harness::Tree;

#[test]
fn each_verdict_has_its_line_and_the_exit_code_says_the_worst() {
    let tree = Tree::with(&[]);
    let answer = tree.run(&["check"]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(
        answer
            .line("net.core.somaxconn")
            .starts_with("DRIFT net.core.somaxconn 128 -> 4096: ")
    );
    assert!(answer.line("net.ipv4.tcp_syncookies").starts_with("OK "));
    assert!(answer.line("net.ipv4.tcp_fin_timeout").starts_with("NOOP "));
    assert!(answer.line("socket.TCP_NODELAY").starts_with("N/A "));
    assert!(
        answer.line("pacing").contains("bbr without fq"),
        "{answer:?}"
    );
    tree.write("proc/sys/kernel/randomize_va_space", "0\n");
    let answer = tree.run(&["check"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer
            .line("kernel.randomize_va_space")
            .starts_with("UNSAFE ")
    );
}

#[test]
fn a_host_that_is_ready_is_compliant() {
    let tree = Tree::with(&[
        ("proc/sys/net/core/somaxconn", "4096\n"),
        ("proc/sys/net/ipv4/tcp_slow_start_after_idle", "0\n"),
        ("proc/sys/net/ipv4/tcp_rmem", "4096 131072 33554432\n"),
        ("proc/sys/vm/swappiness", "10\n"),
        (
            "sys/kernel/mm/transparent_hugepage/enabled",
            "always [madvise] never\n",
        ),
    ]);
    let answer = tree.run(&["check"]);
    assert_eq!(answer.code, Some(0), "{}", answer.out);
    assert_eq!(tree.run(&["plan"]).code, Some(0));
}

#[test]
fn a_value_that_is_higher_already_is_right() {
    let tree = Tree::with(&[("proc/sys/net/core/somaxconn", "65535\n")]);
    let answer = tree.run(&["check"]);
    let line = answer.line("net.core.somaxconn");
    assert!(
        line.starts_with("OK net.core.somaxconn 65535 (>= 4096)"),
        "{line}"
    );
}

#[test]
fn myths_are_found_by_value_and_by_what_is_configured() {
    let tree = Tree::with(&[
        ("proc/sys/net/ipv4/tcp_fin_timeout", "15\n"),
        ("etc/sysctl.d/99-web.conf", "net.ipv4.tcp_tw_recycle = 1\n"),
        ("etc/security/limits.conf", "* soft nofile 65536\n"),
    ]);
    let answer = tree.run(&["check"]);
    assert!(
        answer
            .line("net.ipv4.tcp_tw_recycle")
            .contains("/etc/sysctl.d/99-web.conf:1 sets 1")
    );
    let myths = answer
        .out
        .lines()
        .filter(|line| line.contains("said: "))
        .count();
    assert!(myths >= 3, "{}", answer.out);
    assert!(
        answer.out.contains("file.limits.conf nofile"),
        "{}",
        answer.out
    );
    let clean = Tree::with(&[]).run(&["check"]);
    assert!(!clean.out.contains("tcp_tw_recycle"), "{}", clean.out);
}

#[test]
fn the_limits_are_those_of_the_running_unit() {
    let limits = "Limit Soft Limit Hard Limit Units\n\
                  Max open files            1024                 524288               files\n\
                  Max locked memory         unlimited            unlimited            bytes\n";
    let tree = Tree::with(&[
        (
            "sys/fs/cgroup/system.slice/web.service/cgroup.procs",
            "71\n",
        ),
        ("proc/71/limits", limits),
    ]);
    let answer = tree.run(&["check", "--unit", "web"]);
    let line = answer.line("limit.nofile");
    assert!(
        line.starts_with("DRIFT limit.nofile 1024 -> 32768"),
        "{line}"
    );
    assert!(
        answer
            .line("limit.memlock")
            .starts_with("OK limit.memlock unlimited")
    );
    let by_pid = tree.run(&["check", "--pid", "71"]);
    assert!(
        by_pid
            .line("limit.nofile")
            .starts_with("DRIFT limit.nofile 1024")
    );
    let absent = tree.run(&["check"]);
    let line = absent.line("limit.nofile");
    assert!(
        line.starts_with("N/A") && line.contains("ringmain.service is not running"),
        "{line}"
    );
}

#[test]
fn who_else_writes_a_key_is_named() {
    let tree = Tree::with(&[
        ("etc/tuned/active_profile", "throughput-performance\n"),
        (
            "usr/lib/tuned/throughput-performance/tuned.conf",
            "[sysctl]\nnet.core.somaxconn=>2048\n",
        ),
        ("usr/lib/sysctl.d/50-a.conf", "net.core.somaxconn = 1000\n"),
        ("etc/sysctl.d/99-b.conf", "\nnet.core.somaxconn = 128\n"),
        ("proc/9/comm", "bpftune\n"),
    ]);
    let answer = tree.run(&["check"]);
    let line = answer.line("net.core.somaxconn");
    for clause in [
        "tuned profile throughput-performance writes 2048",
        "/etc/sysctl.d/99-b.conf:2 sets 128, winning over /usr/lib/sysctl.d/50-a.conf:1",
        "bpftune runs",
    ] {
        assert!(line.contains(clause), "{clause}: {line}");
    }
}

#[test]
fn in_a_container_keys_of_the_host_are_not_ours_to_change() {
    let tree = Tree::with(&[(
        "proc/self/mountinfo",
        "20 1 0:3 / /proc rw - proc proc rw\n22 20 0:3 /sys /proc/sys ro - proc proc rw\n",
    )]);
    let answer = tree.run(&["check"]);
    let line = answer.line("net.core.somaxconn");
    assert!(
        line.starts_with("N/A net.core.somaxconn 128 (>= 4096)"),
        "{line}"
    );
    assert!(
        line.contains("/proc/sys is mounted read-only here: set it on the host"),
        "{line}"
    );
    assert!(
        answer.line("namespaces").starts_with("note namespaces"),
        "{answer:?}"
    );
}

#[test]
fn the_json_has_the_same_findings() {
    let report = Tree::with(&[]).report(&["--connections", "1e6"]);
    assert_eq!(report["outcome"], "drift");
    assert_eq!(report["connections"], 1_000_000);
    let findings = report["findings"].as_array().expect("findings");
    let of = |key: &str| {
        findings
            .iter()
            .find(|finding| finding["key"] == key)
            .expect(key)
    };
    assert_eq!(of("net.core.somaxconn")["verdict"], "DRIFT");
    assert_eq!(of("net.core.somaxconn")["by"], "apply");
    assert_eq!(of("net.ipv4.tcp_mem")["verdict"], "DRIFT");
    assert_eq!(
        of("net.ipv4.tcp_syncookies")["after"],
        serde_json::Value::Null
    );
}

#[test]
fn the_plan_shows_the_changes_and_whether_the_memory_is_there() {
    let tree = Tree::with(&[]);
    let answer = tree.run(&["plan", "--connections", "1e6"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.out.contains("net.core.somaxconn 128 -> "),
        "{}",
        answer.out
    );
    assert!(
        answer.out.contains("held back (--allow-lower"),
        "{}",
        answer.out
    );
    assert!(
        answer
            .out
            .contains("1000000 idle connections, a socket each"),
        "{}",
        answer.out
    );
    assert!(answer.out.contains("it fits"), "{}", answer.out);
    let proxy = tree.run(&["plan", "--connections", "3e6", "--role", "proxy"]);
    assert!(proxy.out.contains("2 sockets each"), "{}", proxy.out);
    assert!(
        proxy
            .out
            .contains("over 60 % of the memory: this host has room for"),
        "{}",
        proxy.out
    );
}

#[test]
fn a_wanted_value_that_the_kernel_would_refuse_is_cut_to_fit() {
    let tree = Tree::with(&[]);
    let entry = "[[knob]]\nkey = \"net.core.somaxconn\"\nkind = \"sysctl\"\nscope = \"netns\"\n\
                 type = \"integer\"\nrange = { max = 1000 }\ndefault = \"4096\"\nroles = [\"server\"]\n\
                 op = \"raise\"\nwanted = \"connections\"\nwhy = \"A test.\"\nrisk = \"none\"\nsource = \"none\"\n";
    tree.write("own/a.toml", entry);
    let folder = tree.at("own");
    let answer = tree.run(&["check", "--catalogue", folder.to_str().expect("a name")]);
    let line = answer.line("net.core.somaxconn");
    assert!(
        line.starts_with("DRIFT net.core.somaxconn 128 -> 1000: A test."),
        "{line}"
    );
    assert!(
        line.contains("10000 is outside what the kernel takes and was cut to fit"),
        "{line}"
    );
}

#[test]
fn explain_says_everything_and_guesses_at_unknown_keys() {
    let tree = Tree::with(&[]);
    let answer = tree.run(&["explain", "net.core.somaxconn"]);
    assert_eq!(answer.code, Some(0));
    for part in ["why", "wanted", "source", "here       DRIFT 128 -> 4096"] {
        assert!(answer.out.contains(part), "{part}: {}", answer.out);
    }
    let answer = tree.run(&["explain", "net.core.somaxcon"]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(
        answer.err,
        "ringtune: unknown key net.core.somaxcon; did you mean net.core.somaxconn?\n"
    );
}

#[test]
fn wrong_flags_and_wrong_catalogues_are_one_line_each() {
    let tree = Tree::with(&[]);
    for (arguments, says) in [
        (
            &["check", "--connections", "0"][..],
            "write a whole number from 1",
        ),
        (&["check", "--unit", "../x"], "the name of a systemd unit"),
        (&["check", "--role", "sever"], "server"),
        (&["chek"], "check"),
    ] {
        let answer = tree.run(arguments);
        assert_eq!(answer.code, Some(2), "{answer:?}");
        assert!(
            answer.err.starts_with("ringtune: ") && answer.err.contains(says),
            "{answer:?}"
        );
        assert_eq!(answer.err.lines().count(), 1, "{answer:?}");
    }
    tree.write("own/a.toml", "[[knob]]\nkey = \"a.b\"\nwanted = \"1 +\"\n");
    let folder = tree.at("own");
    let answer = tree.run(&["check", "--catalogue", folder.to_str().expect("a name")]);
    assert_eq!(answer.code, Some(3));
    assert!(
        answer.err.contains("a.toml:1:1: `kind` is missing"),
        "{answer:?}"
    );
}
