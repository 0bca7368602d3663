//! Narrow places: few descriptors, no rights, a read-only root, a kernel door that is shut.

use std::process::{Command, Stdio};

use crate::harness::{
    Client, Driver, Server, Site, for_both_drivers, pattern, request, ringmain, run_to_end,
};

/// The arguments that serve the site on a free port.
fn arguments(io: &str, site: &Site) -> Vec<std::ffi::OsString> {
    let program = ringmain().get_program().to_owned();
    let flags = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--shards",
        "1",
        "--io",
        io,
    ];
    let mut all = vec![program];
    all.extend(flags.map(Into::into));
    all.push(site.root().into());
    all
}

/// Whether a command runs and succeeds here; says so where not.
fn works(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let works = status.is_ok_and(|status| status.success());
    if !works {
        println!("skipped: {command:?} does not work here");
    }
    works
}

fn few_descriptors_are_enough(driver: Driver) {
    let site = Site::small();
    for number in 0..30 {
        site.write(format!("{number}.bin"), pattern(100_000));
    }
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -n 64; exec \"$@\"", "sh"])
        .args(arguments(driver.flag(), &site));
    let server = Server::start(&mut shell, 1);
    // More connections than there are descriptors: they wait for one another.
    let mut clients: Vec<Client> = (0..100).map(|_| Client::connect(&server)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        let path = format!("/{}.bin", number % 30);
        client.send(request("GET", &path, &["Connection: close"]));
    }
    for mut client in clients {
        client.response().expect_content(pattern(100_000));
    }
    server.get("/hello.txt").expect_content("Hello, world!");
}

fn nobody_can_serve(driver: Driver) {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: every other test runs without rights already");
        return;
    }
    let as_nobody = [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--no-new-privs",
    ];
    let program = ringmain().get_program().to_owned();
    if !works(
        Command::new("setpriv")
            .args(as_nobody)
            .arg(program)
            .arg("--version"),
    ) {
        return;
    }
    let site = Site::small().with("large.bin", pattern(200_000));
    site.write("closed.txt", "closed");
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(site.path("closed.txt"), closed).expect("chmod");
    let mut command = Command::new("setpriv");
    command
        .args(as_nobody)
        .args(arguments(driver.flag(), &site));
    let server = Server::start(&mut command, 1);
    server.get("/hello.txt").expect_content("Hello, world!");
    server.get("/large.bin").expect_content(pattern(200_000));
    // Not ours to read: root is not there to look away.
    server.get("/closed.txt").expect_status(403);
    server.get("/hello.txt").expect_content("Hello, world!");

    let lowest = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    if lowest.is_ok_and(|lowest| lowest.trim() == "1024") {
        let mut command = Command::new("setpriv");
        command
            .args(as_nobody)
            .args(arguments(driver.flag(), &site));
        let finished = run_to_end(command.args(["--listen", "127.0.0.1:81"]));
        assert_eq!(finished.code, Some(1), "{}", finished.stderr);
        assert!(
            finished.stderr.contains("CAP_NET_BIND_SERVICE"),
            "{}",
            finished.stderr
        );
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    }
}

fn a_read_only_root_is_enough(driver: Driver) {
    let in_namespace = ["--mount", "sh", "-c"];
    let remount = "mount --bind / / && mount -o remount,bind,ro /";
    if !works(Command::new("unshare").args(in_namespace).arg(remount)) {
        return;
    }
    let site = Site::small().with("large.bin", pattern(200_000));
    let mut command = Command::new("unshare");
    command
        .args(in_namespace)
        .arg(format!("{remount} && cd / && exec \"$@\""))
        .arg("sh")
        .args(arguments(driver.flag(), &site));
    let server = Server::start(&mut command, 1);
    server.get("/hello.txt").expect_content("Hello, world!");
    server.get("/large.bin").expect_content(pattern(200_000));
}

/// Shuts io_uring_setup (425 on every architecture) as container runtimes do, then runs the rest
/// of its arguments.
const WITHOUT_URING: &str = "
import ctypes, os, struct, sys
code = struct.pack('HBBI', 0x20, 0, 0, 0) \\
    + struct.pack('HBBI', 0x15, 0, 1, 425) \\
    + struct.pack('HBBI', 0x06, 0, 0, 0x00050001) \\
    + struct.pack('HBBI', 0x06, 0, 0, 0x7fff0000)
buffer = ctypes.create_string_buffer(code)
program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', 4, ctypes.addressof(buffer)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, program, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
";

fn without_uring(arguments: &[std::ffi::OsString]) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", WITHOUT_URING]).args(arguments);
    command
}

#[test]
fn where_the_ring_is_forbidden_epoll_serves_and_says_why() {
    if !works(&mut without_uring(&["/bin/true".into()])) {
        return;
    }
    let site = Site::small().with("large.bin", pattern(200_000));
    let server = Server::start(&mut without_uring(&arguments("auto", &site)), 1);
    let said = server.said();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("io_uring") && said[0].contains("epoll"),
        "{said:?}"
    );
    assert!(said[1].ends_with("(1 shard, epoll)"), "{said:?}");
    server.get("/hello.txt").expect_content("Hello, world!");
    server.get("/large.bin").expect_content(pattern(200_000));

    // Asked for, it is not replaced in silence.
    let finished = run_to_end(&mut without_uring(&arguments("uring", &site)));
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("io_uring"), "{}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
}

for_both_drivers![
    few_descriptors_are_enough,
    nobody_can_serve,
    a_read_only_root_is_enough,
];
