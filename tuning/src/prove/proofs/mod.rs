//! The proofs, by area. A pair of values is chosen so that the mechanism shows in seconds; where
//! numbers are smaller than a host would have them, the question says so.

mod closing;
mod listen;
mod memory;
mod path;
mod ports;
mod state;

use super::proof::Proof;

/// Every proof, in the order of the playbook.
pub fn all() -> Vec<Proof> {
    [
        listen::PROOFS,
        ports::PROOFS,
        closing::PROOFS,
        memory::PROOFS,
        path::PROOFS,
        state::PROOFS,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::prove::proof::About;

    #[test]
    fn every_proof_is_about_an_entry_of_the_catalogue() {
        let catalogue = Catalogue::load(None).expect("the catalogue loads");
        for proof in all() {
            let known = match proof.about {
                About::Knob => catalogue.knob(proof.key).is_some(),
                About::Myth => catalogue.myths_about(proof.key).next().is_some(),
            };
            assert!(known, "{} {}", proof.about.name(), proof.key);
            assert!(!proof.figures.is_empty(), "{}", proof.key);
            assert_ne!(proof.before, proof.after, "{}", proof.key);
        }
    }

    #[test]
    fn every_myth_that_names_a_scenario_has_a_proof() {
        let catalogue = Catalogue::load(None).expect("the catalogue loads");
        let proofs = all();
        let missing: Vec<&str> = catalogue
            .myths()
            .iter()
            .filter(|myth| myth.prove.is_some())
            .map(|myth| myth.key.as_str())
            .filter(|key| {
                !proofs
                    .iter()
                    .any(|p| p.about == About::Myth && p.key == *key)
            })
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
