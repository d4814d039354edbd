//! What is moved, between whom, and how fast it is written.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use faspstream_bench::veth::Veth;

use crate::Outcome;

/// Bytes of one write and of one read, unless less is due in a millisecond.
pub(crate) const BLOCK: usize = 64 << 10;
/// Asked for as socket buffers of UDP, as our own library does.
pub(crate) const SOCKET_BUFFER: usize = 4 << 20;

/// One transfer.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) bytes: u64,
    /// Bytes per second that the application writes; None is as many as it can.
    pub(crate) rate: Option<u64>,
    /// What lies between the ends; None is loopback.
    pub(crate) cable: Option<&'a Veth>,
}

impl Load<'_> {
    /// The sizes of the writes, each with the time at which it is due.
    pub(crate) fn writes(&self) -> impl Iterator<Item = Write> + use<> {
        let size = self.rate.map_or(BLOCK as u64, |rate| (rate / 1_000).clamp(1, BLOCK as u64));
        let (bytes, rate, began) = (self.bytes, self.rate, Instant::now());
        (0..bytes / size).map(move |index| {
            let due = rate.map(|rate| began + Duration::from_secs_f64((index * size) as f64 / rate as f64));
            Write { len: size as usize, due }
        })
    }

    /// The address where the far end listens.
    pub(crate) fn far_address(&self) -> IpAddr {
        self.cable.map_or(Ipv4Addr::LOCALHOST.into(), Veth::far_address)
    }

    /// A UDP socket with large buffers at the near end.
    pub(crate) fn bind_near(&self) -> Outcome<UdpSocket> {
        bind(self.cable.map_or(Ipv4Addr::LOCALHOST.into(), Veth::near_address))
    }

    /// A UDP socket with large buffers at the far end.
    pub(crate) fn bind_far(&self) -> Outcome<UdpSocket> {
        let at = self.far_address();
        self.at_far_end(|| bind(at))?
    }

    /// Does something at the far end.
    pub(crate) fn at_far_end<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Outcome<T> {
        match self.cable {
            Some(cable) => Ok(cable.at_far_end(work)?),
            None => Ok(work()),
        }
    }
}

/// One write, and when it is due.
#[derive(Clone, Copy)]
pub(crate) struct Write {
    pub(crate) len: usize,
    pub(crate) due: Option<Instant>,
}

impl Write {
    /// Time until then, if there is any.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.due.map(|due| due.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    /// Sleeps until then.
    pub(crate) fn sleep(&self) {
        self.wait().into_iter().for_each(std::thread::sleep);
    }
}

fn bind(at: IpAddr) -> Outcome<UdpSocket> {
    let socket = UdpSocket::bind((at, 0))?;
    socket2::SockRef::from(&socket).set_recv_buffer_size(SOCKET_BUFFER)?;
    socket2::SockRef::from(&socket).set_send_buffer_size(SOCKET_BUFFER)?;
    Ok(socket)
}
