//! The demo site keeps what it promises: its precompressed siblings say the same as their files.
//!
//! Whoever edits a page and forgets `demo/precompress.sh` would see the old one in a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Suffix of a sibling and the program that unpacks it to standard output.
const UNPACKERS: [(&str, &[&str]); 3] = [
    ("gz", &["gzip", "-dc"]),
    ("zst", &["zstd", "-dcq"]),
    ("br", &["brotli", "-dc"]),
];

/// What the whole site may take.
const SITE_BYTES_MAX: u64 = 200 * 1024;

#[test]
fn siblings_are_up_to_date() {
    for (suffix, unpack) in UNPACKERS {
        if !is_installed(unpack[0]) {
            println!(
                "skipped: {} is not installed, .{suffix} not compared",
                unpack[0]
            );
            continue;
        }
        let mut compared = 0;
        for sibling in files(&demo()) {
            if sibling
                .extension()
                .is_none_or(|extension| extension != suffix)
            {
                continue;
            }
            let output = Command::new(unpack[0])
                .args(&unpack[1..])
                .arg(&sibling)
                .output()
                .expect("it is installed");
            let original = fs::read(sibling.with_extension("")).expect("a sibling has a file");
            assert!(
                output.stdout == original,
                "{} is stale: run demo/precompress.sh",
                sibling.display()
            );
            compared += 1;
        }
        assert!(compared >= 5, "{compared} siblings with .{suffix}");
    }
}

#[test]
fn the_site_is_small() {
    let sizes = files(&demo())
        .into_iter()
        .map(|file| fs::metadata(file).map_or(0, |m| m.len()));
    let bytes: u64 = sizes.sum();
    assert!((10_000..SITE_BYTES_MAX).contains(&bytes), "{bytes} bytes");
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo")
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
