//! Which response a request gets from what was found: coding, conditions, ranges, in that order.

use bytes::Bytes;
use http::{
    Boundary, ByteRange, CanonicalPath, Coding, ConditionOutcome, FieldName, MultipartRanges,
    RangeOutcome, Request, ResponseHead, StatusCode, Validators, applicable_range, content_range,
    evaluate, negotiate_coding, resolve_ranges,
};
use shard::fs::File;

use super::Folder;
use super::lookup::{Found, status_of};
use super::resource::{Content, Resource, Variant};
use crate::handler::{Answered, AtOnce, Output, Terms, error};
use crate::observe::counters::Counter;
use crate::worker::Worker;

/// What a folder answers when it may wait.
pub(crate) enum FileAnswer {
    /// The response stands in the output.
    Written(Answered),
    /// The head stands in the output, the content follows from a file.
    Transfer(Answered, Transfer),
}

impl From<FileAnswer> for AtOnce {
    fn from(answer: FileAnswer) -> AtOnce {
        match answer {
            FileAnswer::Written(answered) => AtOnce::Answered(answered),
            FileAnswer::Transfer(answered, transfer) => AtOnce::Transfer(answered, transfer),
        }
    }
}

/// Content that is sent from the page cache.
#[derive(Debug)]
pub(crate) struct Transfer {
    pub(crate) file: File,
    pub(crate) parts: Vec<Part>,
    /// Bytes after the last part.
    pub(crate) after: Vec<u8>,
}

/// A piece of a file.
#[derive(Debug)]
pub(crate) struct Part {
    /// Bytes before it.
    pub(crate) before: Vec<u8>,
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

impl Folder {
    /// Answers from the cache, if the resource is there and fresh and its content in memory.
    pub(crate) fn answer_at_once(
        &self,
        worker: &Worker,
        request: &Request<'_>,
        path: &CanonicalPath<'_>,
        terms: &Terms,
        out: &mut Output,
    ) -> AtOnce {
        let Some(relative) = self.relative(path) else {
            return AtOnce::Later;
        };
        if self.is_hidden(path) {
            return AtOnce::Later;
        }
        let fresh = if relative.is_empty() || relative.ends_with(b"/") {
            self.fresh_index(worker, relative)
        } else {
            self.fresh(worker, relative)
        };
        let Some(resource) = fresh else {
            return AtOnce::Later;
        };
        let response = Response {
            worker,
            request,
            terms,
            route_lines: &self.extra,
        };
        match response.choose(&resource) {
            Choice::Refused(_) => AtOnce::Later,
            Choice::Whole(variant) => {
                worker.counters.add(Counter::CacheHits, 1);
                response.whole(variant, out).into()
            }
            Choice::NotModified(variant) => {
                worker.counters.add(Counter::CacheHits, 1);
                AtOnce::Answered(response.write_not_modified(variant, out))
            }
            Choice::Range(variant, range) => {
                worker.counters.add(Counter::CacheHits, 1);
                response.range(variant, range, out).into()
            }
            Choice::Ranges(..) | Choice::Unsatisfiable(_) => AtOnce::Later,
        }
    }

    /// Brings what a path leads to into the cache.
    pub(crate) async fn warm(&self, worker: &Worker, path: &CanonicalPath<'_>) {
        // Whatever is found is the next request's business.
        let _ = self.look_up(worker, path).await;
    }

    /// The first index of a folder, which is nearly always the one.
    fn fresh_index(&self, worker: &Worker, relative: &[u8]) -> Option<std::rc::Rc<Resource>> {
        let index = self.config.index.first()?.as_str().as_bytes();
        if relative.is_empty() {
            return self.fresh(worker, index);
        }
        self.fresh(worker, &[relative, index].concat())
    }

    /// Answers by way of the file system.
    pub(crate) async fn answer(
        &self,
        worker: &Worker,
        request: &Request<'_>,
        path: &CanonicalPath<'_>,
        terms: &Terms,
        out: &mut Output,
    ) -> FileAnswer {
        let response = Response {
            worker,
            request,
            terms,
            route_lines: &self.extra,
        };
        let refused = match self.look_up(worker, path).await {
            Found::Resource(resource) => match response.choose(&resource) {
                Choice::Whole(variant) => return response.whole(variant, out),
                Choice::Range(variant, range) => return response.range(variant, range, out),
                Choice::Ranges(variant, ranges) => {
                    return response.ranges(variant, &ranges, out);
                }
                Choice::NotModified(variant) => {
                    return FileAnswer::Written(response.write_not_modified(variant, out));
                }
                Choice::Unsatisfiable(variant) => {
                    return FileAnswer::Written(response.unsatisfiable(variant, out));
                }
                Choice::Refused(status) => status,
            },
            Found::NeedsSlash => {
                return FileAnswer::Written(response.redirect(path, out));
            }
            Found::Listing => match self.list(worker, request, path, terms, out).await {
                Ok(answered) => return FileAnswer::Written(answered),
                Err(error) => status_of(&error),
            },
            Found::Nothing(status) => status,
        };
        self.refuse(&response, refused, out).await
    }

    /// An error, with the page that the config names for it or a small one of our own.
    async fn refuse(
        &self,
        response: &Response<'_, '_>,
        status: StatusCode,
        out: &mut Output,
    ) -> FileAnswer {
        if let Some(page) = self.config.error_pages.get(&status.as_u16())
            && let Some(resource) = self.named(response.worker, page.as_str().as_bytes()).await
            && let Some(variant) = resource.variants.first()
        {
            return response.error_page(status, variant, out);
        }
        let first_lines = response.worker.first_lines();
        FileAnswer::Written(error::page(
            status,
            response.terms,
            &first_lines,
            &[],
            &self.extra,
            out,
        ))
    }
}

/// What a request makes of a resource.
enum Choice<'v> {
    Whole(&'v Variant),
    NotModified(&'v Variant),
    Range(&'v Variant, ByteRange),
    Ranges(&'v Variant, Vec<ByteRange>),
    Unsatisfiable(&'v Variant),
    Refused(StatusCode),
}

/// A request to be answered from a resource.
struct Response<'a, 'b> {
    worker: &'a Worker,
    request: &'a Request<'b>,
    terms: &'a Terms,
    /// The field lines that the route adds to every response.
    route_lines: &'a [u8],
}

impl Response<'_, '_> {
    fn choose<'v>(&self, resource: &'v Resource) -> Choice<'v> {
        let Some(variant) = self.negotiate(resource) else {
            return Choice::Refused(StatusCode::NOT_ACCEPTABLE);
        };
        let current = Validators {
            etag: Some(variant.tag.as_tag()),
            last_modified: Some(variant.modified),
        };
        let now = self.worker.seconds();
        match evaluate(self.request, &current, now) {
            ConditionOutcome::Proceed => {}
            ConditionOutcome::NotModified => return Choice::NotModified(variant),
            ConditionOutcome::PreconditionFailed => {
                return Choice::Refused(StatusCode::PRECONDITION_FAILED);
            }
        }
        let Some(range) = applicable_range(self.request, &current, now) else {
            return Choice::Whole(variant);
        };
        match resolve_ranges(range, variant.size(), &self.worker.http_limits) {
            RangeOutcome::Whole => Choice::Whole(variant),
            RangeOutcome::Single(range) => Choice::Range(variant, range),
            RangeOutcome::Several(ranges) => Choice::Ranges(variant, ranges),
            RangeOutcome::Unsatisfiable => Choice::Unsatisfiable(variant),
        }
    }

    /// The variant that the client prefers, by what the server offers.
    fn negotiate<'v>(&self, resource: &'v Resource) -> Option<&'v Variant> {
        let (itself, siblings) = resource.variants.split_first()?;
        // Nothing to choose from: sent as it is, whatever the client would rather have.
        if siblings.is_empty() {
            return Some(itself);
        }
        let offered: Vec<Coding> = siblings
            .iter()
            .chain([itself])
            .map(|variant| variant.coding)
            .collect();
        let chosen = negotiate_coding(&self.request.fields, &offered)?;
        resource
            .variants
            .iter()
            .find(|variant| variant.coding == chosen)
    }

    fn write_whole(&self, variant: &Variant, out: &mut Output) -> Answered {
        out.reserve(variant.ok_fields.len() + variant.copied_bytes());
        let buffer = out.buffer();
        self.terms
            .head(buffer, StatusCode::OK, &self.worker.first_lines())
            .pause();
        buffer.extend_from_slice(&variant.ok_fields);
        if self.terms.head_only {
            return error::empty(StatusCode::OK);
        }
        if let Content::Memory(content) = &variant.content {
            out.content(content);
        }
        Answered {
            status: StatusCode::OK,
            content_bytes: variant.size(),
        }
    }

    fn whole(&self, variant: &Variant, out: &mut Output) -> FileAnswer {
        let answered = self.write_whole(variant, out);
        self.with_content(answered, variant, vec![whole_part(variant)], Vec::new())
    }

    /// Adds the transfer, where the content is on disk and wanted.
    fn with_content(
        &self,
        answered: Answered,
        variant: &Variant,
        parts: Vec<Part>,
        after: Vec<u8>,
    ) -> FileAnswer {
        match &variant.content {
            Content::OnDisk(file) if !self.terms.head_only => FileAnswer::Transfer(
                answered,
                Transfer {
                    file: file.clone(),
                    parts,
                    after,
                },
            ),
            Content::OnDisk(_) | Content::Memory(_) => FileAnswer::Written(answered),
        }
    }

    fn write_not_modified(&self, variant: &Variant, out: &mut Output) -> Answered {
        let status = StatusCode::NOT_MODIFIED;
        let buffer = out.buffer();
        self.terms
            .head(buffer, status, &self.worker.first_lines())
            .pause();
        buffer.extend_from_slice(self.route_lines);
        buffer.extend_from_slice(&variant.validator_fields);
        ResponseHead::resume(buffer).end();
        error::empty(status)
    }

    fn unsatisfiable(&self, variant: &Variant, out: &mut Output) -> Answered {
        let range = content_range(None, variant.size());
        let fields = [(FieldName::CONTENT_RANGE, range)];
        let status = StatusCode::RANGE_NOT_SATISFIABLE;
        error::page(
            status,
            self.terms,
            &self.worker.first_lines(),
            &fields,
            self.route_lines,
            out,
        )
    }

    fn redirect(&self, path: &CanonicalPath<'_>, out: &mut Output) -> Answered {
        let mut location = Vec::new();
        path.encode(&mut location);
        location.push(b'/');
        if let Some(query) = self.request.target.query() {
            location.push(b'?');
            location.extend_from_slice(query.as_bytes());
        }
        let status = StatusCode::MOVED_PERMANENTLY;
        let first_lines = self.worker.first_lines();
        match http::FieldValue::new(location) {
            Ok(value) => {
                let fields = [(FieldName::LOCATION, value)];
                error::page(
                    status,
                    self.terms,
                    &first_lines,
                    &fields,
                    self.route_lines,
                    out,
                )
            }
            // A query with bytes that no field may have.
            Err(_) => error::page(
                StatusCode::BAD_REQUEST,
                self.terms,
                &first_lines,
                &[],
                self.route_lines,
                out,
            ),
        }
    }

    fn error_page(&self, status: StatusCode, variant: &Variant, out: &mut Output) -> FileAnswer {
        let buffer = out.buffer();
        self.terms
            .head(buffer, status, &self.worker.first_lines())
            .pause();
        buffer.extend_from_slice(&variant.content_fields);
        ResponseHead::resume(buffer)
            .field(FieldName::CONTENT_TYPE, &variant.content_type)
            .content_length(variant.size())
            .end();
        if self.terms.head_only {
            return FileAnswer::Written(error::empty(status));
        }
        if let Content::Memory(content) = &variant.content {
            out.content(content);
        }
        let answered = Answered {
            status,
            content_bytes: variant.size(),
        };
        self.with_content(answered, variant, vec![whole_part(variant)], Vec::new())
    }

    fn range(&self, variant: &Variant, range: ByteRange, out: &mut Output) -> FileAnswer {
        let status = StatusCode::PARTIAL_CONTENT;
        let buffer = out.buffer();
        self.terms
            .head(buffer, status, &self.worker.first_lines())
            .pause();
        buffer.extend_from_slice(&variant.content_fields);
        buffer.extend_from_slice(&variant.validator_fields);
        ResponseHead::resume(buffer)
            .field(FieldName::CONTENT_TYPE, &variant.content_type)
            .field(
                FieldName::CONTENT_RANGE,
                &content_range(Some(range), variant.size()),
            )
            .content_length(range.len())
            .end();
        let part = Part {
            before: Vec::new(),
            offset: range.first,
            length: range.len(),
        };
        self.partial(variant, range.len(), vec![part], Vec::new(), out)
    }

    fn ranges(&self, variant: &Variant, ranges: &[ByteRange], out: &mut Output) -> FileAnswer {
        let boundary = Boundary::from_number(self.worker.next_boundary());
        let multipart = MultipartRanges::new(boundary, &variant.content_type, variant.size());
        let length = multipart.content_length(ranges);
        let buffer = out.buffer();
        self.terms
            .head(
                buffer,
                StatusCode::PARTIAL_CONTENT,
                &self.worker.first_lines(),
            )
            .pause();
        buffer.extend_from_slice(&variant.content_fields);
        buffer.extend_from_slice(&variant.validator_fields);
        ResponseHead::resume(buffer)
            .field(FieldName::CONTENT_TYPE, &multipart.content_type())
            .content_length(length)
            .end();
        let parts = ranges
            .iter()
            .map(|range| {
                let mut before = Vec::new();
                multipart.part_head(*range, &mut before);
                Part {
                    before,
                    offset: range.first,
                    length: range.len(),
                }
            })
            .collect();
        let mut after = Vec::new();
        multipart.tail(&mut after);
        self.partial(variant, length, parts, after, out)
    }

    /// The content of a 206, from memory or from the file.
    fn partial(
        &self,
        variant: &Variant,
        content_bytes: u64,
        parts: Vec<Part>,
        after: Vec<u8>,
        out: &mut Output,
    ) -> FileAnswer {
        let answered = Answered {
            status: StatusCode::PARTIAL_CONTENT,
            content_bytes,
        };
        if let Content::Memory(content) = &variant.content {
            for part in &parts {
                out.buffer().extend_from_slice(&part.before);
                out.content(&slice(content, part));
            }
            out.buffer().extend_from_slice(&after);
        }
        self.with_content(answered, variant, parts, after)
    }
}

fn whole_part(variant: &Variant) -> Part {
    Part {
        before: Vec::new(),
        offset: 0,
        length: variant.size(),
    }
}

/// A part of content in memory; ranges lie within the size, which is the content's length.
fn slice(content: &Bytes, part: &Part) -> Bytes {
    let start = (part.offset as usize).min(content.len());
    let end = ((part.offset + part.length) as usize).min(content.len());
    content.slice(start..end)
}
