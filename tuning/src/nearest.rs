//! The name that somebody most likely meant, for messages that end in "did you mean".

/// The candidate that a reader most likely meant by `found`, if one is near enough.
///
/// Near means at most one edit in three characters, which still catches a transposition in a
/// short key and never suggests an unrelated one.
pub(crate) fn nearest<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let found = found.to_ascii_lowercase();
    let edits_max = (found.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_ascii_lowercase();
            (strsim::damerau_levenshtein(&found, &lower), candidate)
        })
        .filter(|(edits, _)| *edits <= edits_max)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let keys = ["net.core.somaxconn", "vm.swappiness", "limit.nofile"];
        assert_eq!(
            nearest("net.core.somaxcon", keys),
            Some("net.core.somaxconn")
        );
        assert_eq!(nearest("LIMIT.NOFILES", keys), Some("limit.nofile"));
        assert_eq!(nearest("kernel.pid_max", keys), None);
    }
}
