//! Routes as they are meant: which requests they take and what answers them.
//!
//! Plain, checked data. How a request finds its route is the router's business.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::name::{FieldName, FieldValue, HostName, InnerPath, RoutePath};
use crate::cache_rules::CacheRules;

/// One `[[route]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The host that it is for; `None` is every host.
    pub host: Option<HostName>,
    /// The prefix that it is for.
    pub path: RoutePath,
    /// What answers.
    pub action: RouteAction,
    /// Fields added to every response of the route.
    pub headers: Vec<HeaderField>,
}

/// A response field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderField {
    /// Its name as written.
    pub name: FieldName,
    /// Its value.
    pub value: FieldValue,
}

/// What answers the requests of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteAction {
    /// The files of a folder.
    Files(FilesConfig),
    /// Always the same response.
    Reply(ReplyConfig),
}

/// How a folder is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesConfig {
    /// The folder, absolute.
    pub root: PathBuf,
    /// Names tried in a directory, in this order.
    pub index: Vec<InnerPath>,
    /// Whether a directory without index is listed.
    pub listing: bool,
    /// The file that answers for paths that do not exist, for single-page applications.
    pub spa: Option<InnerPath>,
    /// Codings whose siblings (`app.js.br`) are looked for, preferred first.
    pub precompressed: Vec<Precompressed>,
    /// How symbolic links are treated.
    pub symlinks: Symlinks,
    /// Whether names that start with a dot are served; `/.well-known/` always is.
    pub dotfiles: bool,
    /// `Cache-Control` by pattern.
    pub cache_control: CacheRules,
    /// Files that are the body of error responses, by status.
    pub error_pages: BTreeMap<u16, InnerPath>,
}

/// A response that is always the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyConfig {
    /// The status, 200 to 599.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: FieldValue,
    /// The content; empty where the status forbids one.
    pub body: String,
}

/// A content coding of a sibling file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precompressed {
    /// `br`, sibling `.br`.
    Brotli,
    /// `zstd`, sibling `.zst`.
    Zstd,
    /// `gzip`, sibling `.gz`.
    Gzip,
}

/// How symbolic links below a folder are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symlinks {
    /// Followed as long as they stay inside the folder.
    Inside,
    /// Never followed.
    Never,
    /// Followed wherever they lead.
    Follow,
}

impl Precompressed {
    /// The coding as `Accept-Encoding` and the config name it.
    pub fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// What the sibling's name ends with.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Zstd => ".zst",
            Self::Gzip => ".gz",
        }
    }
}

impl Symlinks {
    /// The word of the config.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Never => "never",
            Self::Follow => "follow",
        }
    }
}

impl FilesConfig {
    /// A folder with every setting at its default.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            index: vec![InnerPath::index_html()],
            listing: false,
            spa: None,
            precompressed: vec![
                Precompressed::Brotli,
                Precompressed::Zstd,
                Precompressed::Gzip,
            ],
            symlinks: Symlinks::Inside,
            dotfiles: false,
            cache_control: CacheRules::default(),
            error_pages: BTreeMap::new(),
        }
    }
}
