//! What comes back on a seat's connection, and what follows from it.

use std::rc::Rc;

use crate::client::response::{Expected, HeadFacts, Reader};
use crate::client::seat::{Ended, Seat, UnderWay};
use crate::record::ErrorKind;
use crate::record::report::MismatchSample;

/// Bytes of a mismatching response that are kept as a sample.
const SAMPLE_BYTES_MAX: usize = 200;

impl Seat {
    /// Takes received bytes; tells whether the connection is over with them.
    pub(super) fn take(self: &Rc<Self>, chunk: &[u8], reader: &mut Reader) -> Option<Ended> {
        self.worker.ledger.borrow_mut().received(chunk.len());
        let mut at = 0;
        let mut answered = 0;
        while at < chunk.len() {
            let Some(request) = self.under_way.borrow().front().map(|one| one.start.request) else {
                // Bytes that nobody asked for: what follows could not be told apart.
                return Some(Ended::Broken(ErrorKind::Malformed));
            };
            let (consumed, complete) = match self.feed(&chunk[at..], reader, request) {
                Ok(fed) => fed,
                Err(kind) => return Some(Ended::Broken(kind)),
            };
            at += consumed;
            if let Some(facts) = complete {
                self.answered(&facts);
                answered += 1;
                if !facts.reusable {
                    return Some(Ended::Announced);
                }
                if self.worker.is_one_request() {
                    return Some(Ended::Orderly);
                }
            }
        }
        if answered > 0 {
            self.go_on(answered);
        }
        None
    }

    fn feed(
        &self,
        bytes: &[u8],
        reader: &mut Reader,
        request: u32,
    ) -> Result<(usize, Option<HeadFacts>), ErrorKind> {
        let worker = &*self.worker;
        let verification = &worker.scenario.verification;
        if worker.verifies {
            let mut beginning = self.beginning.borrow_mut();
            let room = SAMPLE_BYTES_MAX.saturating_sub(beginning.len());
            beginning.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        let mut known = worker.known.borrow_mut();
        let mut content = self.content.borrow_mut();
        let fed = reader.feed(
            bytes,
            &mut Expected {
                known: &mut known[self.origin][request as usize],
                is_head: worker.template(self.origin, request).is_head,
                judge: |response: &http::Response<'_>| verification.head_mismatch(response),
                content: |piece: &[u8]| content.add(piece, worker.checks_content),
            },
        )?;
        Ok((fed.consumed, fed.complete))
    }

    /// The oldest request under way has its response.
    fn answered(&self, facts: &HeadFacts) {
        let Some(request) = self.under_way.borrow_mut().pop_front() else {
            return;
        };
        let worker = &*self.worker;
        worker.ledger.borrow_mut().responded(facts.status);
        let tally = std::mem::take(&mut *self.content.borrow_mut());
        let mismatch = match &facts.mismatch {
            Some(mismatch) => Some((**mismatch).clone()),
            None if worker.verifies => {
                let template = worker.template(self.origin, request.start.request);
                let verification = &worker.scenario.verification;
                worker
                    .content
                    .mismatch(verification, template, request.image.as_ref(), tally)
            }
            None => None,
        };
        let beginning = std::mem::take(&mut *self.beginning.borrow_mut());
        let outcome = match mismatch {
            None => Ok(()),
            Some((kind, what)) => {
                self.sample(&request, what, &beginning);
                Err(kind)
            }
        };
        worker.ended(request.start, Some(request.sent), outcome);
    }

    fn sample(&self, request: &UnderWay, what: String, beginning: &[u8]) {
        let worker = &self.worker;
        let label = &worker.template(self.origin, request.start.request).label;
        worker.ledger.borrow_mut().sample(|| MismatchSample {
            target: label.clone(),
            what,
            beginning: beginning.escape_ascii().to_string(),
        });
    }

    /// Responses came: what comes next on this connection.
    fn go_on(self: &Rc<Self>, answered: u32) {
        let is_idle = self.under_way.borrow().is_empty();
        if !self.worker.is_open_loop() {
            self.top_up(answered);
        } else if is_idle {
            self.offer();
        }
    }

    pub(super) fn end_of_stream(&self, reader: &mut Reader) -> Ended {
        match reader.end() {
            Ok(Some(facts)) => {
                self.answered(&facts);
                Ended::Orderly
            }
            Ok(None) => self.broken(ErrorKind::ClosedEarly),
            Err(kind) => self.broken(kind),
        }
    }

    /// A connection that ends while nothing is asked on it broke nothing.
    pub(super) fn broken(&self, kind: ErrorKind) -> Ended {
        if self.under_way.borrow().is_empty() {
            Ended::Orderly
        } else {
            Ended::Broken(kind)
        }
    }

    /// Ends everything under way with `kind`.
    pub(super) fn fail(&self, kind: ErrorKind) {
        for (start, sent) in self.give_up() {
            self.worker.ended(start, Some(sent), Err(kind));
        }
    }
}
