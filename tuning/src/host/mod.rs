//! The host as it is: facts, values, limits, and who else has a say.
//!
//! Reading needs no privilege and changes nothing. What cannot be read is absent with a reason:
//! containers hide much, and a report with gaps is better than none.

pub mod sysctl;

mod confinement;
mod facts;
mod interfaces;
mod limits_files;
mod owners;
mod ports;
mod process;
mod reading;
mod root;
mod sysctl_d;

pub use self::confinement::{Confinement, Netns};
pub use self::facts::Facts;
pub use self::limits_files::configured_limit;
pub use self::owners::Owners;
pub use self::ports::listening;
pub use self::process::{Service, Subject, row_of};
pub use self::reading::{Reading, readings};
pub use self::root::Root;
pub use self::sysctl_d::{Assignment, SysctlFiles};

/// A host, looked at once.
#[derive(Clone, Debug)]
pub struct Host {
    /// The tree that was read.
    pub root: Root,
    /// Memory, cores and so on.
    pub facts: Facts,
    /// What may be changed from here.
    pub confinement: Confinement,
    /// The service whose limits count.
    pub service: Service,
    /// What sysctl.d has.
    pub configured: SysctlFiles,
    /// Other tools.
    pub owners: Owners,
}

impl Host {
    /// Looks at a tree.
    pub fn read(root: Root, subject: &Subject) -> Self {
        Self {
            facts: Facts::read(&root),
            confinement: Confinement::read(&root),
            service: Service::find(&root, subject),
            configured: SysctlFiles::read(&root),
            owners: Owners::read(&root),
            root,
        }
    }
}
