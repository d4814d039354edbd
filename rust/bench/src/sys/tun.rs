//! A TUN device that hands out and takes segmentation-offload packets.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

/// What the kernel leaves to the reader of the device, as granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offloads {
    /// TCP segmentation and checksums.
    pub(crate) tcp: bool,
    /// UDP segmentation.
    pub(crate) udp: bool,
}

/// The owner's end of a TUN device; the other end is an interface in the namespace where it was opened.
#[derive(Debug)]
pub(crate) struct Tun {
    file: File,
    offloads: Offloads,
}

/// Flags of TUNSETOFFLOAD (linux/if_tun.h).
const TUN_F_CSUM: libc::c_ulong = 0x01;
const TUN_F_TSO4: libc::c_ulong = 0x02;
const TUN_F_TSO6: libc::c_ulong = 0x04;
const TUN_F_USO4: libc::c_ulong = 0x20;
const TUN_F_USO6: libc::c_ulong = 0x40;

impl Tun {
    /// Opens a new device `name` in the namespace of the calling thread; its interface is down.
    pub(crate) fn open(name: &str) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open("/dev/net/tun")?;
        // SAFETY: an ifreq of zeroes is valid: an empty name and no flags.
        let mut request: libc::ifreq = unsafe { core::mem::zeroed() };
        let room = request.ifr_name.len() - 1;
        for (to, from) in request.ifr_name[..room].iter_mut().zip(name.bytes()) {
            *to = from as libc::c_char;
        }
        let flags = libc::IFF_TUN | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
        request.ifr_ifru.ifru_flags = flags as libc::c_short;
        // SAFETY: TUNSETIFF reads and writes the ifreq that the pointer leads to.
        super::checked(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &mut request) })?;
        let offloads = offload(&file)?;
        Ok(Self { file, offloads })
    }

    pub(crate) fn offloads(&self) -> Offloads {
        self.offloads
    }

    /// Reads one packet behind its virtio header. None if there is none.
    pub(crate) fn read(&self, into: &mut [u8]) -> io::Result<Option<usize>> {
        match (&self.file).read(into) {
            Ok(n) => Ok(Some(n)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Writes one packet behind its virtio header.
    pub(crate) fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<()> {
        (&self.file).write_vectored(parts).map(|_| ())
    }
}

impl AsFd for Tun {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Asks for all offloads, and for less if that is refused: UDP segmentation came with Linux 6.2.
fn offload(file: &File) -> io::Result<Offloads> {
    let tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
    for (flags, granted) in [
        (tcp | TUN_F_USO4 | TUN_F_USO6, Offloads { tcp: true, udp: true }),
        (tcp, Offloads { tcp: true, udp: false }),
        (0, Offloads::default()),
    ] {
        // SAFETY: TUNSETOFFLOAD takes a number.
        if unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETOFFLOAD, flags) } == 0 {
            return Ok(granted);
        }
    }
    Err(io::Error::last_os_error())
}
