//! One end of the link: a namespace with a device, addresses and large TCP buffers.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::{Command, Stdio};

use super::config::LabConfig;
use crate::error::{LabError, Tried};
use crate::sys::{Namespace, Tun};

/// The name of the interface on both sides.
pub(crate) const INTERFACE: &str = "wan0";

/// An end of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Side a: 10.77.0.1 and fd77::1.
    A,
    /// Side b: 10.77.0.2 and fd77::2.
    B,
}

/// Version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// The other one.
    pub fn peer(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// Its address.
    pub fn address(self, family: Family) -> IpAddr {
        let host = 1 + self as u8;
        match family {
            Family::V4 => Ipv4Addr::new(10, 77, 0, host).into(),
            Family::V6 => Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, host.into()).into(),
        }
    }
}

/// Puts a device into the namespace, and gives the end of it that the emulator holds.
pub(crate) fn furnish(namespace: &Namespace, side: Side, config: &LabConfig) -> Result<Tun, LabError> {
    let tun = namespace.run(|| {
        let tun = Tun::open(INTERFACE).tried("open /dev/net/tun")?;
        configure(side, config.mtu)?;
        tune(config.tcp_buffer).tried("set the TCP buffers of a namespace")?;
        Ok::<_, LabError>(tun)
    });
    tun.tried("enter a namespace")?
}

/// Addresses and routes. The subnets are wider than two hosts, so that a test may add addresses of its own; IPv6 does without
/// link-local addresses and duplicate address detection, so that nothing is on the wire but what a test puts there.
fn configure(side: Side, mtu: u16) -> Result<(), LabError> {
    let (v4, v6) = (side.address(Family::V4), side.address(Family::V6));
    let batch = format!(
        "link set lo up\n\
         link set {INTERFACE} addrgenmode none\n\
         link set {INTERFACE} mtu {mtu} txqueuelen 10000 up\n\
         addr add {v4}/16 dev {INTERFACE}\n\
         addr add {v6}/64 dev {INTERFACE} nodad\n"
    );
    let mut ip = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .tried("start the ip command")?;
    if let Some(mut stdin) = ip.stdin.take() {
        stdin.write_all(batch.as_bytes()).tried("talk to the ip command")?;
    }
    let output = ip.wait_with_output().tried("wait for the ip command")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LabError::Failed(format!("the ip command could not set up the device: {said}")))
}

/// Lets the kernel's TCP use windows for long fat paths, and forget each connection, so that no run profits from another.
fn tune(tcp_buffer: u64) -> io::Result<()> {
    let sizes = format!("4096 131072 {}", tcp_buffer.max(131_072));
    fs::write("/proc/sys/net/ipv4/tcp_rmem", &sizes)?;
    fs::write("/proc/sys/net/ipv4/tcp_wmem", &sizes)?;
    fs::write("/proc/sys/net/ipv4/tcp_no_metrics_save", "1")
}
