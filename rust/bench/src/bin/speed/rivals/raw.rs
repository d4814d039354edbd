//! Sockets with segmentation and receive offload and the cipher, and nothing else: no stream, no recovery, no feedback. A counter in
//! shared memory, which costs nothing, keeps so little in flight that nothing is lost.

use std::io::{ErrorKind, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};

use super::DATAGRAM;
use crate::Outcome;
use crate::load::Load;
use crate::meter::{Cost, Meter};

/// Most bytes in flight.
const IN_FLIGHT: u64 = 2 << 20;
/// Datagrams of a send call.
const BATCH: usize = 44;
const SIZE: usize = DATAGRAM as usize;
/// Number in clear before, tag behind.
const NUMBER: usize = 8;
const TAG: usize = 16;
/// One receive call takes all that the kernel has coalesced; a blocking call would wait for more than one buffer to fill.
const BUFFER: usize = 65_536;

pub(crate) fn run(load: &Load<'_>) -> Outcome<Cost> {
    let datagrams = load.bytes / (SIZE - NUMBER - TAG) as u64;
    let (sender, receiver) = (load.bind_near()?, load.bind_far()?);
    let to = receiver.local_addr()?;
    let received = Arc::new(AtomicU64::new(0));
    let meter = Meter::start()?;
    let receiving = {
        let received = Arc::clone(&received);
        std::thread::spawn(move || receive(&receiver, &received, datagrams))
    };
    send(&sender, to, &received, datagrams)?;
    receiving.join().map_err(|_| "the receiver panicked")??;
    meter.stop()
}

fn key() -> Outcome<LessSafeKey> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[7; 16])?))
}

fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn send(socket: &UdpSocket, destination: SocketAddr, received: &AtomicU64, datagrams: u64) -> Outcome<()> {
    let (state, key) = (UdpSocketState::new(UdpSockRef::from(socket))?, key()?);
    let batch = BATCH.min(state.max_gso_segments());
    let mut buffer = vec![0x5a; batch * SIZE];
    let mut number = 0;
    while number < datagrams {
        while (number - received.load(Ordering::Acquire)) * SIZE as u64 > IN_FLIGHT {
            std::thread::yield_now();
        }
        let count = batch.min(usize::try_from(datagrams - number)?);
        for datagram in buffer.chunks_exact_mut(SIZE).take(count) {
            let (head, body) = datagram.split_at_mut(NUMBER);
            head.copy_from_slice(&number.to_be_bytes());
            let (body, tag) = body.split_at_mut(SIZE - NUMBER - TAG);
            tag.copy_from_slice(
                key.seal_in_place_separate_tag(nonce(number), Aad::from(head), body)?.as_ref(),
            );
            number += 1;
        }
        let contents = &buffer[..count * SIZE];
        let transmit = Transmit { destination, ecn: None, contents, segment_size: Some(SIZE), src_ip: None };
        while let Err(error) = state.try_send(UdpSockRef::from(socket), &transmit) {
            if error.kind() != ErrorKind::WouldBlock {
                return Err(error.into());
            }
            std::thread::yield_now();
        }
    }
    Ok(())
}

fn receive(socket: &UdpSocket, received: &AtomicU64, datagrams: u64) -> Outcome<()> {
    let (state, key) = (UdpSocketState::new(UdpSockRef::from(socket))?, key()?);
    // A wait without end for a datagram that is lost would say nothing; an error does.
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
    let mut buffer = vec![0; BUFFER];
    let mut meta = [RecvMeta::default()];
    let mut count = 0;
    while count < datagrams {
        state.recv(UdpSockRef::from(socket), &mut [IoSliceMut::new(&mut buffer)], &mut meta)?;
        for datagram in buffer[..meta[0].len].chunks_mut(meta[0].stride.max(1)) {
            let (head, body) = datagram.split_at_mut(NUMBER);
            let number = u64::from_be_bytes((&*head).try_into()?);
            key.open_in_place(nonce(number), Aad::from(head), body)?;
            count += 1;
        }
        received.store(count, Ordering::Release);
    }
    Ok(())
}
