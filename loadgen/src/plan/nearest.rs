//! What a reader most likely meant by a name that nobody knows.

/// The candidate nearest to `found`, if one is near enough: one edit in three characters at most,
/// which catches a transposition in a short name and never suggests an unrelated one.
pub(crate) fn nearest<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let plain = |name: &str| name.to_ascii_lowercase().replace('-', "_");
    let wanted = plain(found);
    let edits_max = (wanted.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| {
            let edits = strsim::damerau_levenshtein(&wanted, &plain(candidate));
            (edits, candidate)
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
        let names = ["connections", "duration", "rate"];
        assert_eq!(nearest("conections", names), Some("connections"));
        assert_eq!(nearest("Duratoin", names), Some("duration"));
        assert_eq!(nearest("arte", names), Some("rate"));
        assert_eq!(nearest("url", names), None);
    }
}
