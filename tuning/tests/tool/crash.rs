//! kill -9 at times that a seed decides, then `rollback` or `apply` again.

use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::harness::Tree;

const ROUNDS: u32 = 24;

/// A generator whose numbers need not be good, only the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

#[test]
fn killed_at_any_time_a_host_can_be_rolled_back_exactly() {
    let seed = std::env::var("RINGTUNE_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let seed = seed.unwrap_or(now.subsec_nanos().into());
    println!("RINGTUNE_TEST_SEED={seed}");
    let mut dice = Dice(seed);
    let mut stopped_inside = 0;
    for round in 0..ROUNDS {
        // The choice of huge pages would not read back in brackets, as a kernel shows it.
        let tree = Tree::with(&[("sys/kernel/mm/transparent_hugepage/enabled", "madvise\n")]);
        let before = tree.values();
        stopped_inside += u32::from(kill_a_run(&tree, &mut dice));
        let at = format!("seed {seed} round {round}");
        if round % 2 == 1 {
            let answer = tree.run(&["apply", "--yes"]);
            assert_eq!(answer.code, Some(0), "{at}: {answer:?}");
            assert_eq!(tree.value("proc/sys/net/core/somaxconn"), "4096", "{at}");
        }
        let answer = tree.run(&["rollback"]);
        assert_eq!(answer.code, Some(0), "{at}: {answer:?}");
        assert_eq!(tree.values(), before, "{at}: {answer:?}");
    }
    println!("{stopped_inside} of {ROUNDS} runs were stopped between the journal and the end");
}

/// Starts a run and kills it shortly after its lock or its journal appears; says whether that was
/// in the middle of the work.
fn kill_a_run(tree: &Tree, dice: &mut Dice) -> bool {
    let journal = tree.at("var/lib/ringtune/journal.jsonl");
    let awaited = [tree.at("var/lib/ringtune/lock"), journal.clone()];
    let awaited = &awaited[usize::from(dice.below(4) > 0)];
    let mut command = tree.command(&["apply", "--yes"]);
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !awaited.exists() && Instant::now() < deadline {
        std::hint::spin_loop();
    }
    let pause = Duration::from_nanos(dice.below(150_000));
    let seen = Instant::now();
    while seen.elapsed() < pause {
        std::hint::spin_loop();
    }
    let at_work = child.try_wait().expect("a child").is_none();
    child.kill().expect("ours");
    child.wait().expect("ours");
    at_work && journal.exists()
}
