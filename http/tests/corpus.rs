//! The fuzz targets' checks over every input of the corpus: what the fuzzer once found, or might
//! find, is run by the ordinary tests as well.

use std::{fs, path::Path};

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is the public face of the fuzz crate")]
mod checks;

#[test]
fn head() {
    run("head", checks::check_head);
}

#[test]
fn chunked() {
    run("chunked", checks::check_chunked);
}

#[test]
fn range() {
    run("range", checks::check_range);
}

#[test]
fn path() {
    run("path", checks::check_path);
}

/// Runs `check` on each file of the target's corpus, and on the file cut short at every byte.
fn run(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(&folder).expect("the corpus is in the tree") {
        let path = entry.expect("a readable folder").path();
        let input = fs::read(&path).expect("a readable file");
        println!("{}", path.display());
        for end in 0..=input.len() {
            check(&input[..end]);
        }
        inputs += 1;
    }
    assert!(inputs >= 10, "{target} has only {inputs} inputs");
}
