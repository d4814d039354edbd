//! The event loop: one link, several flows.

use core::time::Duration;

use faspstream_netem::{Link, LinkConfig, Time};

use super::flow::{Datagram, Flow, FlowConfig};
use super::metrics::Trace;

/// A link and the flows that share it.
#[derive(Debug)]
pub struct Lab {
    link: Link<Datagram>,
    flows: Vec<Flow>,
    slice: Duration,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// One per flow, in the order in which they were added.
    pub traces: Vec<Trace>,
}

/// What happens next.
#[derive(Clone, Copy)]
enum Step {
    Link,
    Returning(usize),
    FeedbackDue(usize),
    Send(usize),
    Outage(usize),
}

impl Lab {
    /// A link whose chances follow from `seed`; what happens is recorded in slices of `slice`.
    pub fn new(link: LinkConfig, seed: u64, slice: Duration) -> Self {
        Self { link: Link::new(link, seed), flows: Vec::new(), slice }
    }

    /// Adds a flow.
    pub fn flow(mut self, config: FlowConfig) -> Self {
        self.flows.push(Flow::new(config, self.slice));
        self
    }

    /// Runs until `end`.
    pub fn run(mut self, end: Duration) -> Outcome {
        let end = end.as_nanos() as u64;
        let mut now = 0;
        while let Some((at, step)) = self.next()
            && at < end
        {
            now = at.max(now);
            self.step(now, step);
        }
        Outcome { traces: self.flows.into_iter().map(|f| f.trace).collect() }
    }

    fn next(&self) -> Option<(u64, Step)> {
        let mut best: Option<(u64, Step)> = self.link.next_event().map(|t| (t.as_nanos(), Step::Link));
        let mut offer = |at: Option<u64>, step: Step| {
            if let Some(at) = at
                && best.is_none_or(|(b, _)| at < b)
            {
                best = Some((at, step));
            }
        };
        for (i, flow) in self.flows.iter().enumerate() {
            offer(flow.returning.front().map(|(at, _)| *at), Step::Returning(i));
            offer(flow.feedback_due(), Step::FeedbackDue(i));
            offer(flow.send_due(), Step::Send(i));
            offer(flow.outage_due(), Step::Outage(i));
        }
        best
    }

    fn step(&mut self, now: u64, step: Step) {
        match step {
            Step::Link => {
                while let Some(datagram) = self.link.poll(Time::from_nanos(now)) {
                    self.flows[datagram.flow].on_arrival(now, datagram);
                }
            }
            Step::Returning(i) => {
                if let Some((_, feedback)) = self.flows[i].returning.pop_front() {
                    self.flows[i].on_feedback(now, &feedback);
                }
            }
            Step::FeedbackDue(i) => self.flows[i].send_feedback(now),
            Step::Send(i) => {
                let number = self.flows[i].send(now);
                self.link.enqueue(Time::from_nanos(now), Datagram { flow: i, number, waited: 0 });
            }
            Step::Outage(i) => self.flows[i].on_outage(now),
        }
    }
}
