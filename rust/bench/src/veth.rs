//! A pair of virtual Ethernet devices between this thread's network namespace and another, without an emulator between them.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

use crate::error::{LabError, Tried};
use crate::sys::{Namespace, is_root, join_at_device};

/// The addresses of the two ends.
const NEAR: Ipv4Addr = Ipv4Addr::new(10, 78, 0, 1);
const FAR: Ipv4Addr = Ipv4Addr::new(10, 78, 0, 2);

/// Two namespaces and a cable with an MTU of 1,500 that takes single datagrams only: what is sent as a batch is cut by the system before
/// it gets there, as where no device can do that, and is joined again by the system at the other end. It is gone with this value.
#[derive(Debug)]
pub struct Veth {
    near: Namespace,
    far: Namespace,
}

impl Veth {
    /// Makes both.
    ///
    /// # Errors
    /// [`LabError::Unavailable`] without root, else what the system or the `ip` command said.
    pub fn new() -> Result<Self, LabError> {
        if !is_root() {
            return Err(LabError::Unavailable("network namespaces need root".to_owned()));
        }
        let near = Namespace::create().tried("make a namespace")?;
        let far = Namespace::create().tried("make a namespace")?;
        let there = format!("/proc/{}/fd/{}", std::process::id(), far.descriptor());
        let laid = near.run(|| {
            ip(&format!("link add near type veth peer name far netns {there}"))?;
            furnish("near", NEAR)
        });
        laid.tried("enter a namespace")??;
        far.run(|| furnish("far", FAR)).tried("enter a namespace")??;
        Ok(Self { near, far })
    }

    /// The address at the near end.
    pub fn near_address(&self) -> IpAddr {
        NEAR.into()
    }

    /// The address at the far end.
    pub fn far_address(&self) -> IpAddr {
        FAR.into()
    }

    /// Moves the calling thread, and the threads that it starts from now on, to the near end.
    ///
    /// # Errors
    /// What the system said.
    pub fn enter(&self) -> Result<(), LabError> {
        self.near.enter().tried("enter a namespace")
    }

    /// Runs `work` in a thread at the far end. Sockets that it opens stay there.
    ///
    /// # Errors
    /// What the system said.
    pub fn at_far_end<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, LabError> {
        self.far.run(work).tried("enter a namespace")
    }
}

/// An address, and no segmentation in the device: a batch of more than one is more than it takes. What comes is joined.
fn furnish(device: &str, address: Ipv4Addr) -> Result<(), LabError> {
    ip("link set lo up")?;
    ip(&format!("addr add {address}/24 dev {device}"))?;
    ip(&format!("link set {device} mtu 1500 gso_max_segs 1 up"))?;
    join_at_device(device).tried("set the receive offload of a device")
}

fn ip(words: &str) -> Result<(), LabError> {
    let output = Command::new("ip").args(words.split(' ')).output().tried("start the ip command")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LabError::Failed(format!("ip {words}: {said}")))
}
