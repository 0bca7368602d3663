//! The fast path: from received bytes to posted responses without waiting.

use std::time::{Instant, SystemTime};

use super::{Connection, End, Partial, Waiting};
use crate::handler::error::{self, ALLOW};
use crate::handler::files::Transfer;
use crate::handler::{Answered, AtOnce, Output, Terms};
use crate::observe::counters::Counter;
use crate::observe::{AccessRecord, Peer};
use crate::route::Action;
use crate::worker::Worker;
use http::{
    BodyFraming, ContentUse, HeadScan, Leftover, Method, Parsed, Persistence, Request, StatusCode,
    Target, Version, resume_request,
};

/// What is sent before more requests of the same read are answered.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// What the connection does next.
pub(super) enum Step {
    /// Wait for more bytes.
    Read,
    /// Wait until the output is with the kernel, then go on with the bytes at hand.
    Flush,
    /// Answer a request that must wait for something, then go on.
    Slow(Slow),
    /// The head is posted, and what it announces follows from a file.
    Transfer(Box<Answer>),
    /// The last response is posted; how the connection ends.
    End(End),
}

/// A request that must wait: its head, and what was decided when it came.
pub(super) struct Slow {
    pub(super) head: Vec<u8>,
    pub(super) exchange: http::Exchange,
}

/// What remains of a response whose head is posted.
pub(super) struct Answer {
    pub(super) transfer: Transfer,
    pub(super) line: Option<Line>,
    /// How the connection ends after it, if it does.
    pub(super) end: Option<End>,
}

/// A line of the access log, to be written when the response is over.
pub(super) struct Line {
    method: Vec<u8>,
    path: Vec<u8>,
    protocol: &'static str,
    answered: Answered,
    began: Instant,
}

/// How far the bytes at hand were used.
struct Used {
    bytes: usize,
    step: Step,
}

impl Connection {
    /// Takes received bytes and answers what it can.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Step {
        if let Some(mut partial) = self.partial.take() {
            partial.bytes.extend_from_slice(chunk);
            return self.answer_partial(partial);
        }
        let mut scan = HeadScan::new();
        let used = self.answer_all(chunk, &mut scan);
        if used.bytes < chunk.len() {
            self.partial = Some(Box::new(Partial {
                bytes: chunk[used.bytes..].to_vec(),
                scan,
            }));
        }
        self.settle(used.step)
    }

    /// Goes on with the bytes at hand.
    pub(super) fn go_on(&mut self) -> Step {
        match self.partial.take() {
            Some(partial) => self.answer_partial(partial),
            None => self.settle(Step::Read),
        }
    }

    fn answer_partial(&mut self, mut partial: Box<Partial>) -> Step {
        let used = self.answer_all(&partial.bytes, &mut partial.scan);
        if used.bytes < partial.bytes.len() {
            partial.bytes.drain(..used.bytes);
            self.partial = Some(partial);
        }
        self.settle(used.step)
    }

    /// Sets the deadline for what the connection waits for now.
    fn settle(&mut self, step: Step) -> Step {
        if matches!(step, Step::Read) {
            let limits = &self.worker.limits;
            match (&self.partial, self.waiting) {
                (Some(_), Waiting::Head) => {}
                (Some(_), _) => {
                    self.waiting = Waiting::Head;
                    self.timer.arm_in(limits.header_time_max);
                }
                (None, _) => {
                    self.waiting = Waiting::NextRequest;
                    self.timer.arm_in(limits.idle_time_max);
                }
            }
        }
        step
    }

    /// Answers the requests that `input` begins with and posts the responses.
    fn answer_all(&mut self, input: &[u8], scan: &mut HeadScan) -> Used {
        let mut out = Output::default();
        let mut bytes = 0;
        let step = loop {
            let rest = &input[bytes..];
            if rest.is_empty() {
                break Step::Read;
            }
            if out.len() >= OUTPUT_BYTES_MAX {
                break Step::Flush;
            }
            let worker = &self.worker;
            match resume_request(scan, rest, &worker.http_limits) {
                Ok(Parsed::Partial) => break Step::Read,
                Err(error) => {
                    worker.counters.add(Counter::RequestErrors, 1);
                    self.write_refusal(error.status(), rest, &mut out);
                    bytes = input.len();
                    break Step::End(End::Finish);
                }
                Ok(Parsed::Complete { head, consumed }) => {
                    *scan = HeadScan::new();
                    // A head that was complete at once leaves no deadline of a partial one.
                    self.waiting = Waiting::NextRequest;
                    bytes += consumed;
                    let exchange = self.rules.begin(
                        &head,
                        ContentUse::Ignore,
                        input.len() - bytes,
                        self.worker.server_phase(),
                        &self.worker.http_limits,
                    );
                    let terms = Terms::new(&head, exchange.persistence);
                    let began = self.log_start();
                    let end = (exchange.persistence == Persistence::Close)
                        .then(|| how_to_end(&head, input.len() - bytes));
                    match answer_at_once(&self.worker, &head, &exchange, &terms, &mut out) {
                        AtOnce::Answered(answered) => {
                            self.record(&head, answered, began);
                            if let Some(end) = end {
                                break Step::End(end);
                            }
                        }
                        AtOnce::Transfer(answered, transfer) => {
                            self.count(answered);
                            break Step::Transfer(Box::new(Answer {
                                transfer,
                                line: Line::of(&head, answered, began),
                                end,
                            }));
                        }
                        AtOnce::Later => {
                            break Step::Slow(Slow {
                                head: rest[..consumed].to_vec(),
                                exchange,
                            });
                        }
                    }
                }
            }
        };
        match &step {
            Step::Transfer(_) => self.post_more(out),
            Step::Read | Step::Flush | Step::Slow(_) | Step::End(_) => self.post(out),
        }
        Used { bytes, step }
    }

    /// Answers bytes that are no request, and posts that.
    pub(super) fn refuse(&mut self, status: StatusCode) {
        let mut out = Output::default();
        let partial = self.partial.take().unwrap_or_default();
        self.write_refusal(status, &partial.bytes, &mut out);
        self.post(out);
    }

    fn write_refusal(&mut self, status: StatusCode, refused: &[u8], out: &mut Output) {
        let terms = Terms {
            version: Version::Http11,
            persistence: Persistence::Close,
            head_only: begins_with_head(refused),
        };
        let began = self.log_start();
        let answered = error::page(status, &terms, &self.worker.first_lines(), &[], &[], out);
        self.count(answered);
        if let Some(began) = began {
            self.write(&Line {
                method: b"-".to_vec(),
                path: b"-".to_vec(),
                protocol: "-",
                answered,
                began,
            });
        }
    }

    /// The time, where somebody will log it.
    pub(super) fn log_start(&self) -> Option<Instant> {
        self.worker.log.as_ref().map(|_| Instant::now())
    }

    /// Counts and logs an answered request.
    pub(super) fn record(&self, request: &Request<'_>, answered: Answered, began: Option<Instant>) {
        self.count(answered);
        if let Some(line) = Line::of(request, answered, began) {
            self.write(&line);
        }
    }

    /// Counts an answered request.
    pub(super) fn count(&self, answered: Answered) {
        let counters = &self.worker.counters;
        counters.add(Counter::Requests, 1);
        if let Some(class) = Counter::of_status(answered.status.as_u16()) {
            counters.add(class, 1);
        }
        counters.add(Counter::BytesOut, answered.content_bytes);
    }

    /// Writes a line of the access log.
    pub(super) fn write(&self, line: &Line) {
        let worker = &self.worker;
        if let Some(log) = &worker.log {
            let peer = self.peer.as_deref().copied().unwrap_or(Peer::Unix);
            log.borrow_mut().send(&AccessRecord {
                time: SystemTime::now(),
                method: &line.method,
                path: &line.path,
                status: line.answered.status.as_u16(),
                bytes: line.answered.content_bytes,
                duration: line.began.elapsed(),
                peer,
                protocol: line.protocol,
                id: worker.next_request_id(),
            });
        }
    }
}

impl Line {
    /// The line of a request, where somebody logs it.
    fn of(request: &Request<'_>, answered: Answered, began: Option<Instant>) -> Option<Line> {
        let began = began?;
        Some(Line {
            method: request.method.as_str().as_bytes().to_vec(),
            path: request.target.path().unwrap_or("*").as_bytes().to_vec(),
            protocol: request.version.as_str(),
            answered,
            began,
        })
    }
}

/// A client that asked for the end and has nothing more to say gets it without ceremony. Where the
/// end is our wish, or bytes are left unread, closing at once could reset the connection before
/// the client has read the response.
fn how_to_end(request: &Request<'_>, bytes_left: usize) -> End {
    if request.persistence == Persistence::Close
        && request.framing == BodyFraming::None
        && bytes_left == 0
    {
        End::Close
    } else {
        End::Finish
    }
}

/// Whether a request that is refused asked for a head only: even then, content would be one
/// response too many to its sender (RFC 9110 §9.3.2).
fn begins_with_head(refused: &[u8]) -> bool {
    let line = refused.strip_prefix(b"\r\n").unwrap_or(refused);
    line.starts_with(b"HEAD ")
}

/// Answers a request, if nothing has to be waited for.
pub(crate) fn answer_at_once(
    worker: &Worker,
    request: &Request<'_>,
    exchange: &http::Exchange,
    terms: &Terms,
    out: &mut Output,
) -> AtOnce {
    match exchange.leftover {
        Leftover::Nothing | Leftover::Abandon => {}
        Leftover::Drain { .. } => return AtOnce::Later,
    }
    match route(worker, request) {
        Routed::To(Action::Reply(reply), _) => {
            AtOnce::Answered(reply.answer(terms, &worker.first_lines(), out))
        }
        Routed::To(Action::Files(folder), path) => {
            folder.answer_at_once(worker, request, &path, terms, out)
        }
        Routed::Refused(refusal) => AtOnce::Answered(refusal.answer(worker, terms, out)),
    }
}

/// Where a request goes.
pub(super) enum Routed<'w, 'r> {
    To(&'w Action, http::CanonicalPath<'r>),
    Refused(Refusal),
}

/// What is answered without a handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// A status with its page.
    Status(StatusCode),
    /// A known method that is not for this resource.
    NotAllowed,
    /// OPTIONS: what is allowed.
    Allowed,
}

impl Refusal {
    pub(super) fn answer(self, worker: &Worker, terms: &Terms, out: &mut Output) -> Answered {
        let allow = [(http::FieldName::ALLOW, ALLOW)];
        let first_lines = worker.first_lines();
        match self {
            Refusal::Status(status) => error::page(status, terms, &first_lines, &[], &[], out),
            Refusal::NotAllowed => error::page(
                StatusCode::METHOD_NOT_ALLOWED,
                terms,
                &first_lines,
                &allow,
                &[],
                out,
            ),
            Refusal::Allowed => {
                error::bare(StatusCode::NO_CONTENT, terms, &first_lines, &allow, out)
            }
        }
    }
}

/// Finds what answers: the method first, then the path, then the route.
pub(super) fn route<'w, 'r>(worker: &'w Worker, request: &Request<'r>) -> Routed<'w, 'r> {
    match request.method {
        Method::Get | Method::Head => {}
        Method::Options => return Routed::Refused(options(worker, request)),
        Method::Post
        | Method::Put
        | Method::Delete
        | Method::Trace
        | Method::Patch
        | Method::Connect => return Routed::Refused(Refusal::NotAllowed),
        Method::Extension(_) => {
            return Routed::Refused(Refusal::Status(StatusCode::NOT_IMPLEMENTED));
        }
    }
    match find(worker, request) {
        Ok(Some((action, path))) => Routed::To(action, path),
        Ok(None) => Routed::Refused(Refusal::Status(StatusCode::NOT_FOUND)),
        Err(_) => Routed::Refused(Refusal::Status(StatusCode::BAD_REQUEST)),
    }
}

fn options(worker: &Worker, request: &Request<'_>) -> Refusal {
    if request.target == Target::Asterisk {
        return Refusal::Allowed;
    }
    match find(worker, request) {
        Ok(Some(_)) => Refusal::Allowed,
        Ok(None) => Refusal::Status(StatusCode::NOT_FOUND),
        Err(_) => Refusal::Status(StatusCode::BAD_REQUEST),
    }
}

fn find<'w, 'r>(
    worker: &'w Worker,
    request: &Request<'r>,
) -> Result<Option<(&'w Action, http::CanonicalPath<'r>)>, http::PathError> {
    let Some(path) = request.target.path() else {
        return Ok(None);
    };
    let path = http::CanonicalPath::parse(path)?;
    let host = request.host.map(|host| host.name);
    Ok(worker
        .site
        .find(host, path.as_bytes())
        .map(|action| (action, path)))
}
