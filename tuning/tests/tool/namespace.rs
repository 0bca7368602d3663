//! On the real kernel, in a network namespace of its own: nothing of the host is touched.

use crate::harness::{folder, has_program, in_namespace};

/// Every value below /proc/sys/net that this namespace shows.
const DUMP: &str = "dump() { grep -rs '' /proc/sys/net | sort; }";

#[test]
fn apply_then_rollback_leaves_the_kernel_as_it_was() {
    let state = folder();
    let script = format!(
        "{DUMP}
        # A host with other values than the defaults, one of them empty and one with tabs.
        echo 128 >/proc/sys/net/core/somaxconn
        echo '10000 20000' >/proc/sys/net/ipv4/ip_local_port_range
        dump >$STATE/before
        run=\"--connections 1e6 --rate 1e5 --role proxy --bdp 16e6 --state-dir $STATE\"
        $RINGTUNE apply --yes $run
        dump >$STATE/during
        $RINGTUNE apply --yes $run | grep -q 'nothing to do'
        $RINGTUNE rollback --state-dir $STATE
        dump >$STATE/after
        cmp $STATE/before $STATE/after
        grep -q '/somaxconn:32768$' $STATE/during"
    );
    let Some(answer) = in_namespace(&script, &[("STATE", state.path())]) else {
        return;
    };
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(
        answer.out.contains("set net.core.somaxconn 128 -> "),
        "{answer:?}"
    );
    assert!(
        answer.out.contains("back net.ipv4.ip_local_port_range"),
        "{answer:?}"
    );
}

/// The script for hosts without the binary, with its checks of the same numbers.
#[test]
fn the_exported_script_does_the_same() {
    let state = folder();
    let script = format!(
        "{DUMP}
        echo 128 >/proc/sys/net/core/somaxconn
        echo '4096 87380 5000000' >/proc/sys/net/ipv4/tcp_rmem
        dump >$STATE/before
        $RINGTUNE export --format sh --rate 1e5 >$STATE/script
        STATE_OF_TEST=$STATE
        STATE=$STATE/s
        export STATE
        run() {{ sh $STATE_OF_TEST/script $1; }}
        run check >/dev/null && exit 9
        run apply || true
        test $(cat /proc/sys/net/core/somaxconn) = 32768
        $RINGTUNE check --rate 1e5 | grep 'net.ipv4.tcp_rmem'
        run check | {{ ! grep DRIFT.*/net/; }}
        run rollback
        dump >$STATE_OF_TEST/after
        cmp $STATE_OF_TEST/before $STATE_OF_TEST/after"
    );
    let Some(answer) = in_namespace(&script, &[("STATE", state.path())]) else {
        return;
    };
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(
        answer
            .out
            .contains("OK net.ipv4.tcp_rmem 4096 131072 6291456"),
        "{answer:?}"
    );
}

#[test]
fn an_empty_list_of_ports_is_empty_again_afterwards() {
    let state = folder();
    let script = "
        file=/proc/sys/net/ipv4/ip_local_reserved_ports
        test -z \"$(cat $file)\"
        mkdir $STATE/own
        cat >$STATE/own/a.toml <<'TOML'
[[knob]]
key = \"net.ipv4.ip_local_reserved_ports\"
kind = \"sysctl\"
scope = \"netns\"
type = \"list\"
default = \"\"
roles = [\"server\"]
op = \"raise\"
wanted = \"8080,9000-9010\"
why = \"A test.\"
risk = \"none\"
source = \"none\"
TOML
        $RINGTUNE apply --yes --state-dir $STATE --catalogue $STATE/own
        test \"$(cat $file)\" = 8080,9000-9010
        $RINGTUNE rollback --state-dir $STATE
        test -z \"$(cat $file)\"";
    let Some(answer) = in_namespace(script, &[("STATE", state.path())]) else {
        return;
    };
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

#[test]
fn a_refused_value_is_told_and_the_others_are_set() {
    let state = folder();
    let script = "
        mkdir $STATE/own
        cat >$STATE/own/a.toml <<'TOML'
[[knob]]
key = \"net.ipv4.tcp_syncookies\"
kind = \"sysctl\"
scope = \"netns\"
type = \"integer\"
default = \"1\"
roles = [\"server\"]
op = \"set\"
wanted = \"300\"
why = \"A test.\"
risk = \"none\"
source = \"none\"
TOML
        $RINGTUNE apply --yes --connections 1e6 --state-dir $STATE --catalogue $STATE/own || echo code $?
        $RINGTUNE rollback --state-dir $STATE
        cat /proc/sys/net/ipv4/tcp_syncookies";
    let Some(answer) = in_namespace(script, &[("STATE", state.path())]) else {
        return;
    };
    assert!(answer.out.contains("code 3"), "{answer:?}");
    assert!(
        answer.err.contains("net.ipv4.tcp_syncookies: refused"),
        "{answer:?}"
    );
    assert!(answer.out.contains("set net.ipv4."), "{answer:?}");
    assert!(answer.out.ends_with("1\n"), "{answer:?}");
}

#[test]
fn a_read_only_proc_sys_is_said_and_nothing_is_tried() {
    let state = folder();
    let script = "
        mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys
        echo 128 2>/dev/null >/proc/sys/net/core/somaxconn && exit 9
        $RINGTUNE check --connections 1e6 || true
        $RINGTUNE apply --yes --connections 1e6 --state-dir $STATE";
    let Some(answer) = in_namespace(script, &[("STATE", state.path())]) else {
        return;
    };
    assert!(
        answer.out.contains("/proc/sys is mounted read-only here"),
        "{answer:?}"
    );
    assert!(!answer.out.contains("set net."), "{answer:?}");
}

#[test]
fn keys_of_the_whole_host_are_told_from_those_of_the_namespace() {
    let Some(answer) = in_namespace("$RINGTUNE check --loopback || true", &[]) else {
        return;
    };
    assert!(
        answer
            .line("namespaces")
            .contains("network namespace of its own"),
        "{answer:?}"
    );
    let line = answer.line("net.core.netdev_max_backlog");
    assert!(
        line.contains("not visible in this network namespace, only on the host"),
        "{line}"
    );
}

#[test]
fn a_journal_of_one_namespace_is_not_used_in_another() {
    let state = folder();
    let script = "$RINGTUNE apply --yes --connections 1e6 --state-dir $STATE
        unshare -n $RINGTUNE rollback --state-dir $STATE || echo code $?";
    let Some(answer) = in_namespace(script, &[("STATE", state.path())]) else {
        return;
    };
    assert!(answer.out.contains("code 3"), "{answer:?}");
    assert!(
        answer.err.contains("the journal is about net:["),
        "{answer:?}"
    );
}

/// strace kills the run as it enters its first, second, … write or fsync: to the journal, to its
/// folder, to a key. The last round is the first that is not killed.
#[test]
fn killed_at_each_of_its_writes_a_host_is_rolled_back_exactly() {
    if !has_program("strace") {
        println!("skipped: strace is not installed");
        return;
    }
    let state = folder();
    let script = format!(
        "{DUMP}
        dump >$STATE/before
        killed=0
        for step in $(seq 1 80); do
            if strace -qq -o $STATE/trace -e trace=write,fsync -e inject=write,fsync:signal=KILL:when=$step \\
                $RINGTUNE apply --yes --connections 1e6 --rate 1e5 --state-dir $STATE/s >/dev/null 2>&1; then
                $RINGTUNE rollback --state-dir $STATE/s >/dev/null
                break
            fi
            killed=$step
            if test $((step % 2)) = 0; then
                $RINGTUNE apply --yes --connections 1e6 --rate 1e5 --state-dir $STATE/s >/dev/null
            fi
            $RINGTUNE rollback --state-dir $STATE/s >/dev/null
            dump >$STATE/after
            cmp $STATE/before $STATE/after || {{ echo \"at step $step\"; exit 1; }}
        done
        dump >$STATE/after
        cmp $STATE/before $STATE/after
        echo killed $killed"
    );
    let Some(answer) = in_namespace(&script, &[("STATE", state.path())]) else {
        return;
    };
    if answer.out.contains("killed 0") {
        println!("skipped: strace may not trace here");
        return;
    }
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let killed = answer
        .out
        .trim()
        .strip_prefix("killed ")
        .and_then(|count| count.parse().ok());
    // The lock, the originals and their way to the disk, then each of five keys and its note.
    assert!(killed.is_some_and(|count: u32| count >= 14), "{answer:?}");
}
