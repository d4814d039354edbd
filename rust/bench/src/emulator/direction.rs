//! One direction: from one device, through a link, into the other.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use faspstream_netem::{Change, Link, LinkConfig, Time};

use super::report::DirectionReport;
use super::round::Rhythm;
use crate::error::{LabError, Tried};
use crate::lab::INTERFACE;
use crate::packet::{Joiner, LARGEST_READ, Run, SuperPacket, WirePacket};
use crate::sys::{self, MonotonicClock, Namespace, Tun, Urgency, Waker};

/// Most packets and bytes that are read in one round, so that a flood cannot hold up what is due.
const READS_PER_ROUND: usize = 64;
/// See [`READS_PER_ROUND`]: some 50 us of copying.
const BYTES_PER_ROUND: usize = 256 * 1024;

/// What a direction is asked to do.
enum Order {
    Change(Change),
    Report(SyncSender<DirectionReport>),
    Stop,
}

/// Where a direction leads, and with what.
pub(crate) struct Route {
    pub(crate) from: Arc<Tun>,
    pub(crate) to: Arc<Tun>,
    /// The namespace of `from`, whose counters tell what was not read in time.
    pub(crate) origin: Namespace,
    pub(crate) clock: MonotonicClock,
}

/// A running direction; it stops when this is dropped.
#[derive(Debug)]
pub(crate) struct DirectionHandle {
    orders: Sender<Order>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

impl DirectionHandle {
    /// Starts the thread of a direction.
    pub(crate) fn start(route: Route, config: LinkConfig, seed: u64) -> Result<Self, LabError> {
        let waker = Arc::new(Waker::new().tried("make an eventfd")?);
        let (orders, inbox) = channel();
        let own_waker = Arc::clone(&waker);
        let run = move || {
            // Counters of the origin are read from inside of it; without them the report would claim a success.
            if route.origin.enter().is_ok() {
                Direction::new(route, config, seed, inbox, own_waker).run();
            }
        };
        let thread = thread::Builder::new()
            .name("emulator".to_owned())
            .spawn(run)
            .tried("start an emulator thread")?;
        Ok(Self { orders, waker, thread: Some(thread) })
    }

    /// Changes the link from now on.
    pub(crate) fn change(&self, change: Change) -> Result<(), LabError> {
        self.order(Order::Change(change))
    }

    /// The counters as of now.
    pub(crate) fn report(&self) -> Result<DirectionReport, LabError> {
        let (reply, answer) = sync_channel(1);
        self.order(Order::Report(reply))?;
        answer.recv().map_err(|_| stopped())
    }

    fn order(&self, order: Order) -> Result<(), LabError> {
        self.orders.send(order).map_err(|_| stopped())?;
        self.waker.wake();
        Ok(())
    }
}

impl Drop for DirectionHandle {
    fn drop(&mut self) {
        // An error means that the thread has ended already.
        let _ = self.order(Order::Stop);
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, was printed.
            let _ = thread.join();
        }
    }
}

fn stopped() -> LabError {
    LabError::Failed("an emulator thread has ended: its device is gone".to_owned())
}

/// What a round took in of what the device had.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Nothing,
    Part,
    All,
}

/// The state of the thread.
struct Direction {
    route: Route,
    link: Link<WirePacket>,
    joiner: Joiner,
    inbox: Receiver<Order>,
    waker: Arc<Waker>,
    report: DirectionReport,
    buffer: Vec<u8>,
}

impl Direction {
    fn new(route: Route, config: LinkConfig, seed: u64, inbox: Receiver<Order>, waker: Arc<Waker>) -> Self {
        let realtime = sys::hurry(Urgency::Emulator);
        let report = DirectionReport { realtime, ..DirectionReport::default() };
        Self {
            link: Link::new(config, seed),
            joiner: Joiner::new(route.to.offloads()),
            route,
            inbox,
            waker,
            report,
            buffer: vec![0; LARGEST_READ],
        }
    }

    /// Works until it is told to stop or the device goes away.
    fn run(mut self) {
        let mut rhythm = Rhythm::new(self.route.clock);
        loop {
            let now = rhythm.begin();
            self.waker.clear();
            if !self.obey(now) {
                return;
            }
            let Ok(taken) = self.take_in(now) else { return };
            let written = self.hand_out(now);
            if taken == Taken::Part {
                continue;
            }
            let next = self.link.next_event();
            let busy = written || taken == Taken::All;
            if rhythm.rest(busy, next, &*self.route.from, &self.waker).is_err() {
                return;
            }
        }
    }

    /// Does as ordered; false if that is to stop.
    fn obey(&mut self, now: Time) -> bool {
        while let Ok(order) = self.inbox.try_recv() {
            match order {
                Order::Change(change) => self.link.apply(now, change),
                // Nobody who waits for the answer any more is no reason to stop.
                Order::Report(reply) => drop(reply.send(self.report(now))),
                Order::Stop => return false,
            }
        }
        true
    }

    /// Reads what the device has, within the limits of a round.
    fn take_in(&mut self, now: Time) -> io::Result<Taken> {
        let mut bytes = 0;
        for n in 0..READS_PER_ROUND {
            let Some(len) = self.route.from.read(&mut self.buffer)? else {
                return Ok(if n == 0 { Taken::Nothing } else { Taken::All });
            };
            self.report.reads += 1;
            bytes += len;
            match SuperPacket::from_device(&self.buffer[..len]) {
                Some(packet) => packet.cut().for_each(|piece| self.link.enqueue(now, piece)),
                None => self.report.unreadable += 1,
            }
            if bytes > BYTES_PER_ROUND {
                break;
            }
        }
        Ok(Taken::Part)
    }

    /// Writes what is due. False if nothing was.
    fn hand_out(&mut self, now: Time) -> bool {
        let mut wrote = false;
        loop {
            let due = self.link.next_event();
            let Some(packet) = self.link.poll(now) else { break };
            wrote = true;
            let written_at = self.route.clock.now();
            self.report.lateness.record(written_at.since(due.unwrap_or(written_at)));
            let ready = self.joiner.push(packet);
            self.write(ready);
        }
        let rest = self.joiner.finish();
        self.write(rest);
        wrote
    }

    fn write(&mut self, run: Option<Run>) {
        let Some(run) = run else { return };
        self.report.writes += 1;
        if run.write(|parts| self.route.to.write(parts)).is_err() {
            self.report.refused += run.packets();
        }
    }

    fn report(&self, now: Time) -> DirectionReport {
        DirectionReport {
            elapsed: now.since(Time::ZERO),
            link: *self.link.counters(),
            inside: self.link.inside(),
            queued_bytes: self.link.queued_bytes(),
            overrun: overrun(INTERFACE),
            cpu: sys::cpu_time_of_thread().unwrap_or_default(),
            ..self.report.clone()
        }
    }
}

/// Packets that the device dropped because they were not read in time, from `/proc/net/dev` of the thread's namespace. If that
/// cannot be read all is taken for lost, since nothing is known to be whole.
fn overrun(interface: &str) -> u64 {
    let table = std::fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
    sent_and_dropped(&table, interface).unwrap_or(u64::MAX)
}

/// The column "drop" of "Transmit" (proc_net_dev: eight columns of receive, then bytes, packets, errs, drop).
fn sent_and_dropped(table: &str, interface: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.trim_start().strip_prefix(interface)?.strip_prefix(':'))?;
    line.split_whitespace().nth(11)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drop_counter_is_found_by_the_name_of_the_interface() {
        let table = "Inter-|   Receive                            |  Transmit\n \
            face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo\n    \
            lo:     0       0    0    1    0     0          0         0        2       3    4    5    6     0\n  \
            wan0:  10      11   12   13   14    15         16        17       18      19   20   21   22    23\n";
        assert_eq!(sent_and_dropped(table, "wan0"), Some(21));
        assert_eq!(sent_and_dropped(table, "lo"), Some(5));
        assert_eq!(sent_and_dropped(table, "wan1"), None);
    }
}
