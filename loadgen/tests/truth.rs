//! What is seen of a host: of a tree of files that a test made, and of the host it runs on.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ringload::plan::Endpoint;
use ringload::record::report::ServerProcess;
use ringload::truth::{HostFiles, Sampler, Servers, environment, environment_from};
use tempfile::TempDir;

/// A root with these files.
fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        write(root.path(), path, text);
    }
    root
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

#[test]
fn an_empty_root_makes_an_environment_with_gaps_and_no_error() {
    let root = root(&[]);
    let seen = environment_from(&HostFiles::below(root.path()));
    assert_eq!(seen.memory_bytes, 0);
    assert_eq!(seen.confinement, [""; 0]);
    assert_eq!(seen.governor, None);
    assert_eq!(seen.sysctls, BTreeMap::new());
    assert!(!seen.kernel.is_empty());
}

#[test]
fn a_host_is_described_from_its_files() {
    let root = root(&[
        (
            "proc/cpuinfo",
            "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu hypervisor sse\n",
        ),
        ("proc/meminfo", "MemTotal:       2048 kB\nMemFree: 1 kB\n"),
        (
            "proc/self/status",
            "Name:\tx\nSeccomp:\t2\nCpus_allowed_list:\t0,2\n",
        ),
        ("proc/self/cgroup", "0::/kubepods/pod1/box\n"),
        ("proc/sys/net/ipv4/tcp_congestion_control", "bbr\n"),
        ("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"),
        ("sys/fs/cgroup/kubepods/pod1/box/cpu.max", "max 100000\n"),
        ("sys/fs/cgroup/kubepods/pod1/cpu.max", "150000 100000\n"),
        ("sys/fs/cgroup/kubepods/memory.max", "1073741824\n"),
        ("sys/devices/system/cpu/online", "0-3\n"),
        (
            "sys/devices/system/cpu/cpu2/cpufreq/scaling_governor",
            "powersave\n",
        ),
        (
            "sys/devices/system/cpu/vulnerabilities/meltdown",
            "Mitigation: PTI\n",
        ),
        (
            "sys/devices/system/cpu/vulnerabilities/l1tf",
            "Not affected\n",
        ),
        ("sys/class/dmi/id/sys_vendor", "QEMU\n"),
        (
            "sys/devices/system/clocksource/clocksource0/current_clocksource",
            "tsc\n",
        ),
    ]);
    let seen = environment_from(&HostFiles::below(root.path()));
    assert_eq!(seen.cpu_model, "Some CPU");
    assert_eq!((seen.cpus, seen.cpus_allowed), (4, vec![0, 2]));
    assert_eq!(seen.memory_bytes, 2 * 1024 * 1024);
    assert_eq!(
        seen.confinement,
        [
            "virtual machine (QEMU)",
            "container (kubepods)",
            "CPU quota of 1.50 (cgroup)",
            "memory limit of 1073741824 bytes (cgroup)",
            "2 of 4 CPUs allowed",
            "seccomp filter",
        ]
    );
    assert_eq!(seen.congestion_control, "bbr");
    assert_eq!(
        seen.sysctls
            .get("net.ipv4.ip_local_port_range")
            .map(String::as_str),
        Some("32768 60999")
    );
    assert_eq!(seen.governor.as_deref(), Some("powersave"));
    assert_eq!(
        seen.mitigations,
        BTreeMap::from([("meltdown".to_owned(), "Mitigation: PTI".to_owned())])
    );
    assert_eq!(seen.clock_source, "tsc");
}

/// The limits of cgroup version 1 stand in hierarchies of their own.
#[test]
fn limits_of_divided_cgroups_are_seen_and_no_limit_is_none() {
    let root = root(&[
        (
            "proc/self/cgroup",
            "2:cpu,cpuacct:/job\n1:memory:/job\n0::/\n",
        ),
        ("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "50000\n"),
        ("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        (
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes",
            "9223372036854771712\n",
        ),
    ]);
    let seen = environment_from(&HostFiles::below(root.path()));
    assert_eq!(seen.confinement, ["CPU quota of 0.50 (cgroup)"]);
}

#[test]
fn what_changed_in_the_files_is_what_the_truth_says() {
    let counters = |retransmits: u64, drops: u64, softnet: &str, stat: &str| {
        [
            (
                "proc/net/snmp",
                format!("Tcp: InSegs RetransSegs\nTcp: 5 {retransmits}\n"),
            ),
            (
                "proc/net/netstat",
                format!("TcpExt: ListenOverflows ListenDrops\nTcpExt: 1 {drops}\n"),
            ),
            ("proc/net/softnet_stat", softnet.to_owned()),
            ("proc/stat", format!("cpu  {stat} 0 0\n")),
        ]
    };
    let root = root(&[("proc/self/status", "VmHWM:\t 100 kB\n")]);
    let put = |files: [(&str, String); 4]| {
        for (path, text) in files {
            write(root.path(), path, &text);
        }
    };
    put(counters(7, 2, "01 0f 01\n02 01 00\n", "0 0 0 0 0 0 0 0"));
    let sampler = Sampler::begin_with(HostFiles::below(root.path()), Servers::default());
    put(counters(
        19,
        5,
        "01 11 01\n02 02 04\n",
        "50 0 15 25 0 0 0 10",
    ));
    let truth = sampler.end();
    assert_eq!(truth.retransmitted_segments, Some(12));
    assert_eq!(truth.listen_drops, Some(3));
    assert_eq!(truth.softnet_dropped, Some(3));
    assert_eq!(truth.softnet_squeezed, Some(4));
    assert_eq!((truth.idle, truth.steal), (Some(0.25), Some(0.1)));
    assert_eq!(truth.generator_rss_bytes, Some(102_400));
}

#[test]
fn counters_that_are_hidden_are_absent() {
    let root = root(&[]);
    let sampler = Sampler::begin_with(HostFiles::below(root.path()), Servers::default());
    let truth = sampler.end();
    assert_eq!(truth.retransmitted_segments, None);
    assert_eq!((truth.softnet_dropped, truth.idle), (None, None));
    assert_eq!(truth.generator_rss_bytes, None);
    assert_eq!(truth.congestion_control, None);
}

/// This process is the server: it must find itself, with about the CPU time that it burns.
#[test]
fn a_server_on_this_host_is_found_with_its_cpu_time() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let target = listener.local_addr().expect("an address");
    let sampler = Sampler::begin(&[target]);
    let (cpu_before, begun) = (process_cpu(), Instant::now());
    while process_cpu() < cpu_before + Duration::from_millis(100) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "no CPU to be had"
        );
    }
    let server = only(sampler.end().servers);
    assert_eq!(server.pid, std::process::id());
    assert!(!server.name.is_empty());
    assert!(!server.cpus.is_empty());
    // Ticks are 4 to 10 ms apart, and other tests burn CPU time of this process too.
    let used = Duration::from_nanos(server.cpu_ns.expect("a CPU time"));
    let most = process_cpu() - cpu_before + Duration::from_millis(50);
    assert!(used > Duration::from_millis(60) && used < most, "{used:?}");
    assert!(server.busiest_thread_ns <= server.cpu_ns);
}

#[test]
fn who_listens_on_another_address_is_not_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut target = listener.local_addr().expect("an address");
    target.set_ip([127, 0, 0, 2].into());
    assert_eq!(Sampler::begin(&[target]).end().servers, []);
    // 192.0.2.0/24 is for documentation (RFC 5737): nobody here listens there.
    target.set_ip([192, 0, 2, 1].into());
    assert_eq!(Sampler::begin(&[target]).end().servers, []);
}

#[test]
fn a_server_on_a_unix_socket_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.sock");
    let _listener = UnixListener::bind(&path).expect("a socket");
    let files = HostFiles::of_this_host();
    let servers = Servers::find(&files, &[Endpoint::Unix(path)]);
    let truth = Sampler::begin_with(files, servers).end();
    assert_eq!(only(truth.servers).pid, std::process::id());
}

/// nginx's workers inherit the listener of their parent: all of them are the server.
#[test]
fn all_processes_of_a_prefork_server_are_found() {
    if !Path::new("/usr/sbin/nginx").exists() {
        println!("skipped: nginx is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let nginx = Nginx::start(folder.path());
    let deadline = Instant::now() + Duration::from_secs(10);
    let servers = loop {
        let servers = Sampler::begin(&[nginx.address]).end().servers;
        if servers.len() == 3 {
            break servers;
        }
        assert!(Instant::now() < deadline, "found {servers:?}");
    };
    assert!(servers.iter().all(|server| server.name == "nginx"));
    assert!(servers.iter().any(|server| server.pid == nginx.child.id()));
}

#[test]
fn this_host_is_described() {
    let seen = environment();
    assert!(seen.kernel.split(' ').count() >= 3, "{}", seen.kernel);
    assert!(seen.cpus >= 1 && !seen.cpus_allowed.is_empty());
    assert!(seen.memory_bytes > 1 << 20);
    assert!(seen.descriptors.0 <= seen.descriptors.1);
    assert!(seen.sysctls.contains_key("net.ipv4.ip_local_port_range"));
}

/// The kernel's own answer against the tool's.
#[test]
fn queueing_disciplines_are_those_that_tc_sees() {
    let tool = ["/sbin/tc", "/usr/sbin/tc"]
        .into_iter()
        .find(|tool| Path::new(tool).exists());
    let Some(tool) = tool else {
        println!("skipped: tc is not installed");
        return;
    };
    let output = Command::new(tool)
        .args(["qdisc", "show"])
        .output()
        .expect("tc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen = environment().qdiscs;
    // qdisc KIND HANDLE dev NAME root ...
    for line in text.lines().filter(|line| line.contains(" root ")) {
        let words: Vec<&str> = line.split(' ').collect();
        let found = seen
            .get(words[4])
            .map(|words| words.split(' ').next().unwrap_or_default());
        assert_eq!(found, Some(words[1]), "{line}");
    }
}

fn only(servers: Vec<ServerProcess>) -> ServerProcess {
    assert_eq!(servers.len(), 1, "{servers:?}");
    servers.into_iter().next().expect("one")
}

fn process_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// nginx with two workers on a free port.
struct Nginx {
    child: std::process::Child,
    address: SocketAddr,
}

impl Nginx {
    fn start(folder: &Path) -> Nginx {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let config = folder.join("nginx.conf");
        let text = format!(
            "daemon off; worker_processes 2; pid {0}/pid; error_log {0}/error;\n\
             events {{ worker_connections 64; }}\n\
             http {{ access_log off; server {{ listen {address}; return 200; }} }}\n",
            folder.display()
        );
        fs::write(&config, text).expect("a file");
        let child = Command::new("/usr/sbin/nginx")
            .arg("-p")
            .arg(folder)
            .arg("-e")
            .arg(folder.join("error"))
            .arg("-c")
            .arg(&config)
            .spawn()
            .expect("nginx starts");
        let nginx = Nginx { child, address };
        let deadline = Instant::now() + Duration::from_secs(10);
        while !nginx.answers() {
            assert!(Instant::now() < deadline, "nginx does not answer");
            std::thread::yield_now();
        }
        nginx
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.address) else {
            return false;
        };
        let request = b"GET / HTTP/1.0\r\n\r\n";
        let mut answer = Vec::new();
        stream.write_all(request).is_ok() && stream.read_to_end(&mut answer).is_ok()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        let _ = self.child.wait();
    }
}
