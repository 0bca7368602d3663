//! From host and path to what answers.
//!
//! Routes are compiled once and never change: a reload makes a new [`Site`]. Routes for the very
//! host come before routes for every host; among them the longest path prefix wins, compared
//! segment by segment.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use crate::config::{HostName, Route, RouteAction, RoutePath};
use crate::handler::files::Folder;
use crate::handler::fixed::FixedReply;

/// Everything that is served; immutable, shared by all shards.
#[derive(Debug)]
pub(crate) struct Site {
    /// Those of a host first, and among equals the longest prefix first.
    routes: Vec<CompiledRoute>,
}

#[derive(Debug)]
struct CompiledRoute {
    host: Option<HostName>,
    /// Without a trailing slash, so that it is empty for the root.
    prefix: Vec<u8>,
    action: Action,
}

/// What answers.
#[derive(Debug)]
pub(crate) enum Action {
    Files(Folder),
    Reply(FixedReply),
}

/// The folder of a route cannot be opened.
#[derive(Debug)]
pub(crate) struct FolderError {
    pub(crate) folder: PathBuf,
    pub(crate) source: io::Error,
}

impl Site {
    /// Opens the folders and prepares the fixed replies.
    ///
    /// # Errors
    /// The first folder that cannot be opened.
    pub(crate) fn compile(routes: &[Route]) -> Result<Site, FolderError> {
        let mut compiled = Vec::with_capacity(routes.len());
        for (index, route) in routes.iter().enumerate() {
            let extra = field_lines(route);
            let prefix = prefix(&route.path);
            let action = match &route.action {
                RouteAction::Reply(reply) => Action::Reply(FixedReply::new(reply, &extra)),
                RouteAction::Files(files) => {
                    let id = u16::try_from(index).unwrap_or(u16::MAX);
                    let folder = Folder::open(id, files, prefix.len(), extra);
                    Action::Files(folder.map_err(|source| FolderError {
                        folder: files.root.clone(),
                        source,
                    })?)
                }
            };
            compiled.push(CompiledRoute {
                host: route.host.clone(),
                prefix,
                action,
            });
        }
        compiled.sort_by_key(|route| (route.host.is_none(), std::cmp::Reverse(route.prefix.len())));
        Ok(Site { routes: compiled })
    }

    /// What answers for a canonical path, if anything does.
    pub(crate) fn find(&self, host: Option<&str>, path: &[u8]) -> Option<&Action> {
        self.routes
            .iter()
            .find(|route| route.takes_path(path) && route.takes_host(host))
            .map(|route| &route.action)
    }
}

impl CompiledRoute {
    fn takes_path(&self, path: &[u8]) -> bool {
        match path.strip_prefix(self.prefix.as_slice()) {
            Some(rest) => rest.is_empty() || rest[0] == b'/',
            None => false,
        }
    }

    fn takes_host(&self, host: Option<&str>) -> bool {
        match (&self.host, host) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(host)) => {
                let host = host.strip_suffix('.').unwrap_or(host);
                wanted.as_str().eq_ignore_ascii_case(host)
            }
        }
    }
}

fn prefix(path: &RoutePath) -> Vec<u8> {
    path.as_str().trim_end_matches('/').as_bytes().to_vec()
}

/// The route's own fields as they stand in a head. Checked when the config was read.
fn field_lines(route: &Route) -> Vec<u8> {
    let mut lines = String::new();
    for field in &route.headers {
        let _ = write!(lines, "{}: {}\r\n", field.name, field.value);
    }
    lines.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FieldValue, ReplyConfig};

    fn site(routes: &[(Option<&str>, &str)]) -> Site {
        let routes: Vec<Route> = routes
            .iter()
            .map(|(host, path)| Route {
                host: host.map(|host| HostName::new(host).expect("a host")),
                path: RoutePath::new(path).expect("a path"),
                action: RouteAction::Reply(ReplyConfig {
                    status: 200,
                    content_type: FieldValue::new("text/plain").expect("a value"),
                    body: format!("{}{path}", host.unwrap_or("*")),
                }),
                headers: Vec::new(),
            })
            .collect();
        Site::compile(&routes).expect("no folder to open")
    }

    fn found(site: &Site, host: Option<&str>, path: &str) -> Option<String> {
        site.find(host, path.as_bytes()).map(|action| match action {
            Action::Reply(reply) => reply.content_text(),
            Action::Files(_) => unreachable!("only replies here"),
        })
    }

    #[test]
    fn the_longest_prefix_wins_by_whole_segments() {
        let site = site(&[(None, "/"), (None, "/a/b"), (None, "/a")]);
        for (path, want) in [
            ("/", "*/"),
            ("/ab", "*/"),
            ("/a", "*/a"),
            ("/a/", "*/a"),
            ("/a/bc", "*/a"),
            ("/a/b", "*/a/b"),
            ("/a/b/c", "*/a/b"),
        ] {
            assert_eq!(found(&site, None, path).as_deref(), Some(want), "{path}");
        }
    }

    #[test]
    fn a_route_for_the_host_comes_before_one_for_every_host() {
        let site = site(&[
            (None, "/"),
            (None, "/x/y"),
            (Some("a.example"), "/"),
            (Some("b.example"), "/x"),
        ]);
        let of = |host, path| found(&site, host, path);
        assert_eq!(of(Some("A.Example."), "/").as_deref(), Some("a.example/"));
        assert_eq!(of(Some("b.example"), "/").as_deref(), Some("*/"));
        assert_eq!(of(Some("b.example"), "/x").as_deref(), Some("b.example/x"));
        assert_eq!(of(Some("a.example"), "/x").as_deref(), Some("a.example/"));
        assert_eq!(of(None, "/x").as_deref(), Some("*/"));
        assert_eq!(of(Some("a.example"), "/x/y").as_deref(), Some("a.example/"));
        assert_eq!(of(Some("c.example"), "/x/y").as_deref(), Some("*/x/y"));
    }

    #[test]
    fn without_a_root_route_other_paths_find_nothing() {
        let site = site(&[(None, "/only")]);
        assert_eq!(found(&site, None, "/"), None);
        assert_eq!(found(&site, None, "/only").as_deref(), Some("*/only"));
    }
}
