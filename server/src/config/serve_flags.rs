//! The flags of `ringmain serve`, turned into the same `Config` that a file gives.
//!
//! What a flag can say is checked here or by its type; everything else has its default.

use std::path::{Path, PathBuf};

use super::Config;
use super::choice::{IoChoice, ListenAddress, LogTarget, Shards};
use super::folder::{Folder, LookAtFolder};
use super::limits::{CacheConfig, Limits};
use super::name::{InnerPath, NameError, RoutePath};
use super::problem::{Culprit, Place, Problem};
use super::route::{FilesConfig, Route, RouteAction};

/// What `ringmain serve` was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeFlags {
    /// The folder to serve.
    pub dir: PathBuf,
    /// Where to listen; empty is the default.
    pub listen: Vec<ListenAddress>,
    /// How many shards to run.
    pub shards: Shards,
    /// Which driver they use.
    pub io: IoChoice,
    /// Index names; empty is the default.
    pub index: Vec<String>,
    /// Whether directories without index are listed.
    pub listing: bool,
    /// The file that answers for paths that do not exist.
    pub spa: Option<String>,
    /// Where the access log goes.
    pub log: LogTarget,
}

impl Config {
    /// The config that the flags of `serve` describe; looks at the folder on disk.
    pub fn for_serve(flags: ServeFlags) -> Result<Self, Vec<Problem>> {
        Self::from_flags(flags, &Folder::on_disk)
    }

    /// The same with another answer to what is on disk.
    pub fn from_flags(flags: ServeFlags, look: LookAtFolder<'_>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let root = absolute(&flags.dir);
        note_folder(&mut problems, "DIR", &root, look);
        for (index, address) in flags.listen.iter().enumerate() {
            if flags.listen[..index].contains(address) && !address.leaves_port_to_kernel() {
                problems.push(Problem {
                    place: Place::Argument("--listen"),
                    culprit: Culprit::Text,
                    what: format!("{address} is given twice"),
                    remedy: "give each address once".to_owned(),
                });
            }
            if let ListenAddress::Unix(path) = address {
                note_folder(&mut problems, "--listen", parent(path), look);
            }
        }
        let log = match flags.log {
            LogTarget::File(path) => {
                let path = absolute(&path);
                note_folder(&mut problems, "--log", parent(&path), look);
                LogTarget::File(path)
            }
            LogTarget::Off | LogTarget::Stdout => flags.log,
        };
        let mut files = FilesConfig {
            listing: flags.listing,
            ..FilesConfig::new(root)
        };
        let mut index = Vec::new();
        for name in &flags.index {
            index.extend(note_name(
                &mut problems,
                "--index",
                name,
                InnerPath::file_name,
            ));
        }
        if !flags.index.is_empty() {
            files.index = index;
        }
        let spa = flags.spa.as_deref();
        files.spa = spa.and_then(|file| note_name(&mut problems, "--spa", file, InnerPath::new));
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            listen: listen_or_default(flags.listen),
            shards: flags.shards,
            io: flags.io,
            log,
            limits: Limits::default(),
            cache: CacheConfig::default(),
            routes: vec![Route {
                host: None,
                path: RoutePath::root(),
                action: RouteAction::Files(files),
                headers: Vec::new(),
            }],
        })
    }
}

fn listen_or_default(listen: Vec<ListenAddress>) -> Vec<ListenAddress> {
    if listen.is_empty() {
        vec![ListenAddress::default()]
    } else {
        listen
    }
}

fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.components().collect()
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

fn note_folder(
    problems: &mut Vec<Problem>,
    argument: &'static str,
    folder: &Path,
    look: LookAtFolder<'_>,
) {
    if let Some((what, remedy)) = look(folder).obstacle(folder) {
        let place = Place::Argument(argument);
        problems.push(Problem {
            place,
            culprit: Culprit::Host,
            what,
            remedy,
        });
    }
}

fn note_name<T>(
    problems: &mut Vec<Problem>,
    argument: &'static str,
    text: &str,
    check: impl Fn(&str) -> Result<T, NameError>,
) -> Option<T> {
    match check(text) {
        Ok(name) => Some(name),
        Err(error) => {
            problems.push(Problem {
                place: Place::Argument(argument),
                culprit: Culprit::Text,
                what: format!(
                    "it is \"{}\", {}",
                    super::value::shortened(text),
                    error.what
                ),
                remedy: error.remedy,
            });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> ServeFlags {
        ServeFlags {
            dir: "/srv/site".into(),
            listen: Vec::new(),
            shards: Shards::Auto,
            io: IoChoice::Auto,
            index: Vec::new(),
            listing: false,
            spa: None,
            log: LogTarget::Off,
        }
    }

    #[test]
    fn no_flags_give_the_same_as_a_file_with_a_folder() {
        let served = Config::from_flags(flags(), &|_| Folder::Present).expect("valid");
        let text = "[[route]]\nfiles = \"/srv/site\"\n";
        let look: LookAtFolder<'_> = &|_| Folder::Present;
        let read = Config::parse("a.toml".as_ref(), text, "/".as_ref(), look).expect("valid");
        assert_eq!(served, read);
    }

    #[test]
    fn every_problem_of_the_flags_is_reported() {
        let flags = ServeFlags {
            index: vec!["a/b".into()],
            spa: Some("../x".into()),
            log: LogTarget::File("/nowhere/access.log".into()),
            ..flags()
        };
        let problems = Config::from_flags(flags, &|_| Folder::Missing).expect_err("broken");
        let places: Vec<String> = problems.iter().map(|p| p.place.to_string()).collect();
        assert_eq!(places, ["DIR", "--log", "--index", "--spa"]);
        assert_eq!(problems[0].culprit, Culprit::Host);
        assert_eq!(problems[2].culprit, Culprit::Text);
    }
}
