//! A place for one connection, filled again when its connection ends.
//!
//! A seat keeps what is under way on its connection in order, posts requests (from its own task or
//! from the dispatcher: a post is a plain call), reads the answers and writes them into the
//! ledger. Requests that a closing server has announced not to answer move on to the next
//! connection with their intended start; a connection that breaks fails what was under way on it.

mod reading;
mod task;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Waker};

use bytes::Bytes;
use shard::SendData;
use shard::net::Stream;
use shard::time::Timer;

use crate::client::content::ContentTally;
use crate::record::ErrorKind;
use crate::worker::{Start, Worker};

pub(crate) use task::occupy;

/// See the module's text.
pub(crate) struct Seat {
    worker: Rc<Worker>,
    origin: usize,
    /// Its number in the whole run: decides source and destination.
    number: u32,
    stream: RefCell<Option<Stream>>,
    under_way: RefCell<VecDeque<UnderWay>>,
    /// Requests that wait for an earlier send to end.
    held: RefCell<Option<SendData>>,
    /// One request per connection: the one that the next connection is for.
    assigned: Cell<Option<Start>>,
    /// Whether the dispatcher may pick this seat.
    pub(crate) is_offered: Cell<bool>,
    timer: Timer,
    waker: RefCell<Option<Waker>>,
    content: RefCell<ContentTally>,
    /// First bytes of the response under way, kept only where responses are verified.
    beginning: RefCell<Vec<u8>>,
    has_connected: Cell<bool>,
    has_tried: Cell<bool>,
}

/// A request that was sent.
#[derive(Clone, Debug)]
struct UnderWay {
    start: Start,
    sent: u64,
    /// The request itself, where its target decides what content is right.
    image: Option<Bytes>,
}

/// How a connection ended.
enum Ended {
    /// The server has said that it closes.
    Announced,
    /// Between two requests.
    Orderly,
    /// Under requests.
    Broken(ErrorKind),
}

impl Seat {
    pub(crate) fn new(worker: Rc<Worker>, origin: usize, number: u32) -> Seat {
        Seat {
            worker,
            origin,
            number,
            stream: RefCell::new(None),
            under_way: RefCell::new(VecDeque::new()),
            held: RefCell::new(None),
            assigned: Cell::new(None),
            is_offered: Cell::new(false),
            timer: Timer::new(),
            waker: RefCell::new(None),
            content: RefCell::new(ContentTally::default()),
            beginning: RefCell::new(Vec::new()),
            has_connected: Cell::new(false),
            has_tried: Cell::new(false),
        }
    }

    /// Whether its first connect has ended, and whether well.
    pub(crate) fn opening(&self) -> (bool, bool) {
        (self.has_tried.get(), self.has_connected.get())
    }

    /// When the oldest request under way was meant to start, and the requests under way.
    pub(crate) fn give_up(&self) -> Vec<(Start, u64)> {
        self.under_way
            .borrow_mut()
            .drain(..)
            .map(|request| (request.start, request.sent))
            .collect()
    }

    /// The load is on: does what there is to do for a seat that waits.
    pub(crate) fn resume(self: &Rc<Self>) {
        if self.worker.is_one_request() {
            self.wake();
            return;
        }
        if self.stream.borrow().is_none() {
            return;
        }
        let carried: Vec<Start> = self.carried();
        if !carried.is_empty() {
            self.send(&carried);
        } else if self.worker.is_open_loop() {
            self.offer();
        } else {
            self.top_up(self.worker.pipeline());
        }
    }

    /// The dispatcher has picked this seat for `start`.
    pub(crate) fn launch(self: &Rc<Self>, start: Start) {
        if self.worker.is_one_request() {
            self.assigned.set(Some(start));
            self.wake();
        } else {
            self.send(&[start]);
        }
    }

    /// Requests taken over from a connection that the server closed in good order.
    fn carried(&self) -> Vec<Start> {
        self.give_up().into_iter().map(|(start, _)| start).collect()
    }

    fn offer(self: &Rc<Self>) {
        let start = self.worker.dispatch.borrow_mut().offer(self.origin, self);
        if let Some(start) = start {
            self.send(&[start]);
        }
    }

    /// Starts up to `count` requests of the closed loop.
    fn top_up(&self, count: u32) {
        if count == 1 {
            if self.worker.may_start() {
                self.send(&[self.worker.start_now(self.origin)]);
            }
            return;
        }
        let starts: Vec<Start> = (0..count)
            .take_while(|_| self.worker.may_start())
            .map(|_| self.worker.start_now(self.origin))
            .collect();
        self.send(&starts);
    }

    /// Sends requests in one go.
    fn send(&self, starts: &[Start]) {
        let mut under_way = self.under_way.borrow_mut();
        if under_way.is_empty() {
            self.timer.arm_in(self.worker.scenario.timeout);
        }
        let mut data: Option<SendData> = None;
        for start in starts {
            let image = self.worker.render(self.origin, start.request);
            under_way.push_back(UnderWay {
                start: *start,
                sent: self.worker.sent(image.len()),
                image: self.worker.checks_content.then(|| image.clone()),
            });
            data = Some(match data {
                None => SendData::from(image),
                Some(before) => before.then(image.to_vec()),
            });
        }
        drop(under_way);
        if let Some(data) = data {
            self.post(data);
        }
    }

    /// Posts now, or after the send that is still under way.
    fn post(&self, data: SendData) {
        let stream = self.stream.borrow();
        let Some(stream) = &*stream else {
            return;
        };
        let mut held = self.held.borrow_mut();
        if let Some(before) = held.take() {
            *held = Some(before.then(data.into()));
        } else if let Err(data) = stream.post(data) {
            *held = Some(data);
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }

    fn remember(&self, context: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if waker.is_none() {
            *waker = Some(context.waker().clone());
        }
    }
}
