//! A door for `benches/`: the request path of a shard without sockets.
//!
//! What is measured here is what a connection does between a receive and a send: parse, route,
//! hit the cache, write the response. It refuses what would have to wait.

use std::rc::Rc;
use std::sync::Arc;

use http::{ContentUse, Parsed, ServerConnection, ServerPhase, parse_request};
use shard::mailbox::mailbox;
use shard::{Io, Options};

use crate::config::{Config, LogTarget};
use crate::connection::answer_at_once;
use crate::handler::{AtOnce, Output, Terms};
use crate::observe::access_log::AccessLog;
use crate::observe::counters::counters;
use crate::readdir::Reader;
use crate::route::{Action, Site};
use crate::serve::{StartError, http_limits};
use crate::worker::{Parts, Worker};

/// The request path of one shard.
pub struct RequestPath {
    worker: Rc<Worker>,
}

/// Runs `f` with the request path that `config` describes, on a shard of its own.
///
/// # Errors
/// What keeps the server from starting, but for its addresses.
pub fn with_request_path(
    config: &Config,
    f: impl AsyncFnOnce(&RequestPath) + 'static,
) -> Result<(), StartError> {
    let site = Site::compile(&config.routes).map_err(|error| StartError::Folder {
        folder: error.folder,
        source: error.source,
    })?;
    let (_log, senders) = AccessLog::start(&LogTarget::Off, 1).map_err(StartError::Log)?;
    let (_reader, shard_counters) = counters(1);
    let (_sender, commands) = mailbox(1);
    let (Some(log), Some(shard_counters)) = (
        senders.into_iter().next(),
        shard_counters.into_iter().next(),
    ) else {
        return Ok(());
    };
    let parts = Parts {
        index: 0,
        site: Arc::new(site),
        limits: config.limits.clone(),
        http_limits: http_limits(config),
        revalidate_time_max: config.cache.revalidate_time_max,
        cache_bytes_max: config.cache.bytes_max,
        cache_file_bytes_max: config.cache.file_bytes_max,
        open_files_max: 16,
        counters: shard_counters,
        log,
        readdir: Reader::start()?,
        listeners: Vec::new(),
        commands,
    };
    let options = Options {
        io: Io::Epoll,
        ..Options::default()
    };
    shard::run(&options, move || async move {
        let (worker, _, _) = Worker::new(parts);
        f(&RequestPath { worker }).await;
    })?;
    Ok(())
}

impl RequestPath {
    /// Whether a route takes the canonical path.
    pub fn route(&self, host: Option<&str>, path: &[u8]) -> bool {
        self.worker.site.find(host, path).is_some()
    }

    /// Brings a path of a folder into the cache, so that it is answered at once.
    pub async fn warm(&self, path: &str) {
        let Ok(path) = http::CanonicalPath::parse(path) else {
            return;
        };
        if let Some(Action::Files(folder)) = self.worker.site.find(None, path.as_bytes()) {
            folder.warm(&self.worker, &path).await;
        }
    }

    /// Parses `input`, one whole request, and answers it as a connection would; the bytes of the
    /// response, or none where it would have to wait.
    pub fn answer(&self, input: &[u8]) -> Option<usize> {
        let limits = &self.worker.http_limits;
        let Ok(Parsed::Complete { head, .. }) = parse_request(input, limits) else {
            return None;
        };
        let exchange = ServerConnection::new().begin(
            &head,
            ContentUse::Ignore,
            0,
            ServerPhase::Serving,
            limits,
        );
        let terms = Terms::new(&head, exchange.persistence);
        let mut out = Output::default();
        match answer_at_once(&self.worker, &head, &exchange, &terms, &mut out) {
            AtOnce::Answered(_) => Some(out.len()),
            AtOnce::Transfer(..) | AtOnce::Later => None,
        }
    }
}
