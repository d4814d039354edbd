//! The messages of the control channel as types (wire-format.md §2).

use core::time::Duration;

use faspstream_proto::config::{Cipher, ConnectionId, Rates};
use faspstream_proto::digest::DigestAlgorithm;
use faspstream_proto::error::ErrorCode;
use faspstream_proto::units::Rate;
use faspstream_proto::wire::frame::{REASON_MAX, cut_reason};

use super::codec::{CodecError, Fields, VARINT_MAX, Writer};
use super::values::{
    NAME_MAX, check_name, cipher_number, put_metadata, put_rates, rate_from, rate_number, take_cipher,
    take_digest, take_metadata, take_rates,
};
use crate::api::session::{Direction, Metadata};

/// The version of the wire format.
pub(crate) const VERSION: u64 = 1;
/// Most bytes of a key id on the wire.
const KEY_ID_MAX: usize = 128;

/// Names a session at both ends.
pub(crate) type SessionId = [u8; 16];

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    Hello {
        version: u64,
        key_id: String,
        proof: Vec<u8>,
    },
    Welcome {
        version: u64,
        proof: Vec<u8>,
        max_sessions: u64,
    },
    Open(Open),
    Opened(Opened),
    Refused {
        request: u64,
        code: ErrorCode,
        reason: String,
    },
    Ended {
        session: SessionId,
        how: How,
    },
    Tune {
        session: SessionId,
        rates: Rates,
    },
    Resume {
        session: SessionId,
        proof: Vec<u8>,
    },
    Resumed {
        session: SessionId,
    },
    Goodbye,
    /// This connection is to carry datagrams.
    Carry,
    /// From here on it does.
    Carried,
    /// A message in an envelope.
    Sealed(Vec<u8>),
}

impl Message {
    /// Its name in the wire format.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "HELLO",
            Self::Welcome { .. } => "WELCOME",
            Self::Open(_) => "OPEN",
            Self::Opened(_) => "OPENED",
            Self::Refused { .. } => "REFUSED",
            Self::Ended { .. } => "ENDED",
            Self::Tune { .. } => "TUNE",
            Self::Resume { .. } => "RESUME",
            Self::Resumed { .. } => "RESUMED",
            Self::Goodbye => "GOODBYE",
            Self::Carry => "CARRY",
            Self::Carried => "CARRIED",
            Self::Sealed(_) => "SEALED",
        }
    }
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Complete,
    Aborted { code: ErrorCode, reason: String },
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Open {
    pub(crate) request: u64,
    pub(crate) direction: Direction,
    pub(crate) stream: String,
    pub(crate) metadata: Metadata,
    pub(crate) client: ConnectionId,
    pub(crate) rates: Rates,
    pub(crate) cipher: Cipher,
    pub(crate) digest: DigestAlgorithm,
    pub(crate) terms: Terms,
}

/// What a server grants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opened {
    pub(crate) request: u64,
    pub(crate) session: SessionId,
    pub(crate) metadata: Metadata,
    pub(crate) server: ConnectionId,
    pub(crate) target: Rate,
    pub(crate) cipher: Cipher,
    pub(crate) digest: DigestAlgorithm,
    pub(crate) terms: Terms,
    pub(crate) udp_port: u16,
}

/// What each end says of itself; both apply the smaller of the two where it can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) datagram_max: u16,
    pub(crate) first_window: u64,
    pub(crate) outage: Duration,
}

type Result<T> = core::result::Result<T, CodecError>;

impl Message {
    /// The frame, length first.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello { version, key_id, proof } => {
                Writer::new(1).int(1, *version).bytes(2, key_id.as_bytes()).bytes(3, proof).finish()
            }
            Self::Welcome { version, proof, max_sessions } => {
                Writer::new(2).int(1, *version).bytes(3, proof).int(4, *max_sessions).finish()
            }
            Self::Open(open) => open.encode(),
            Self::Opened(opened) => opened.encode(),
            Self::Refused { request, code, reason } => Writer::new(5)
                .int(1, *request)
                .int(2, *code as u64)
                .bytes(3, cut_reason(reason).as_bytes())
                .finish(),
            Self::Ended { session, how } => encode_ended(session, how),
            Self::Tune { session, rates } => put_rates(Writer::new(7).bytes(2, session), rates).finish(),
            Self::Resume { session, proof } => Writer::new(8).bytes(2, session).bytes(3, proof).finish(),
            Self::Resumed { session } => Writer::new(9).bytes(2, session).finish(),
            Self::Goodbye => Writer::new(10).finish(),
            Self::Carry => Writer::new(11).finish(),
            Self::Carried => Writer::new(12).finish(),
            Self::Sealed(envelope) => Writer::new(13).bytes(3, envelope).finish(),
        }
    }

    /// Reads a message, type byte first.
    pub(crate) fn decode(message: &[u8]) -> Result<Self> {
        let (kind, body) = message.split_first().ok_or(CodecError::Empty)?;
        let f = Fields::parse(body)?;
        Ok(match kind {
            1 => Self::Hello {
                version: f.int(1)?,
                key_id: f.text(2, KEY_ID_MAX)?,
                proof: f.find(3).unwrap_or_default().to_vec(),
            },
            2 => Self::Welcome {
                version: f.int(1)?,
                proof: f.find(3).unwrap_or_default().to_vec(),
                max_sessions: f.int_or(4, VARINT_MAX)?,
            },
            3 => Self::Open(Open::decode(&f)?),
            4 => Self::Opened(Opened::decode(&f)?),
            5 => Self::Refused {
                request: f.int(1)?,
                code: ErrorCode::from_number(f.int(2)?),
                reason: f.text(3, REASON_MAX)?,
            },
            6 => Self::Ended { session: f.array(2)?, how: decode_how(&f)? },
            7 => Self::Tune { session: f.array(2)?, rates: take_rates(&f)? },
            8 => Self::Resume { session: f.array(2)?, proof: f.bytes(3)?.to_vec() },
            9 => Self::Resumed { session: f.array(2)? },
            10 => Self::Goodbye,
            11 => Self::Carry,
            12 => Self::Carried,
            13 => Self::Sealed(f.bytes(3)?.to_vec()),
            other => return Err(CodecError::UnknownType(*other)),
        })
    }
}

impl Open {
    fn encode(&self) -> Vec<u8> {
        let direction = match self.direction {
            Direction::Push => 0,
            Direction::Pull => 1,
        };
        let writer = Writer::new(3)
            .int(1, self.request)
            .int(2, direction)
            .bytes(3, self.stream.as_bytes())
            .bytes(4, &put_metadata(&self.metadata))
            .int(5, u64::from(self.client.0));
        let writer = put_rates(writer, &self.rates).int(9, cipher_number(self.cipher));
        self.terms.put(writer).int(14, self.digest.number().into()).finish()
    }

    fn decode(f: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            request: f.int(1)?,
            direction: match f.int(2)? {
                0 => Direction::Push,
                1 => Direction::Pull,
                _ => return Err(CodecError::BadValue(2)),
            },
            stream: f.text(3, NAME_MAX).and_then(|name| check_name(name).ok_or(CodecError::BadValue(3)))?,
            metadata: take_metadata(f)?,
            client: ConnectionId(f.narrow(5)?),
            rates: take_rates(f)?,
            cipher: take_cipher(f)?,
            digest: take_digest(f)?,
            terms: Terms::take(f)?,
        })
    }
}

impl Opened {
    fn encode(&self) -> Vec<u8> {
        let writer = Writer::new(4)
            .int(1, self.request)
            .bytes(2, &self.session)
            .bytes(4, &put_metadata(&self.metadata))
            .int(5, u64::from(self.server.0))
            .int(6, rate_number(self.target))
            .int(9, cipher_number(self.cipher));
        let writer = self.terms.put(writer).int(13, u64::from(self.udp_port));
        writer.int(14, self.digest.number().into()).finish()
    }

    fn decode(f: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            request: f.int(1)?,
            session: f.array(2)?,
            metadata: take_metadata(f)?,
            server: ConnectionId(f.narrow(5)?),
            target: rate_from(f.int(6)?),
            cipher: take_cipher(f)?,
            digest: take_digest(f)?,
            terms: Terms::take(f)?,
            udp_port: f.narrow(13)?,
        })
    }
}

impl Terms {
    fn put(&self, writer: Writer) -> Writer {
        writer
            .int(10, u64::from(self.datagram_max))
            .int(11, self.first_window)
            .int(12, u64::try_from(self.outage.as_millis()).unwrap_or(VARINT_MAX))
    }

    fn take(f: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            datagram_max: f.narrow(10)?,
            first_window: f.int(11)?,
            outage: Duration::from_millis(f.int(12)?),
        })
    }
}

fn encode_ended(session: &SessionId, how: &How) -> Vec<u8> {
    let writer = Writer::new(6).bytes(2, session);
    match how {
        How::Complete => writer.int(3, 0).finish(),
        How::Aborted { code, reason } => {
            writer.int(3, 1).int(4, *code as u64).bytes(5, cut_reason(reason).as_bytes()).finish()
        }
    }
}

fn decode_how(f: &Fields<'_>) -> Result<How> {
    match f.int(3)? {
        0 => Ok(How::Complete),
        1 => Ok(How::Aborted { code: ErrorCode::from_number(f.int(4)?), reason: f.text(5, REASON_MAX)? }),
        _ => Err(CodecError::BadValue(3)),
    }
}

#[cfg(test)]
mod tests {
    use faspstream_proto::config::RatePolicy;
    use proptest::prelude::*;

    use super::*;

    fn rates() -> impl Strategy<Value = Rates> {
        (1..VARINT_MAX, 0..VARINT_MAX, 0..4usize, any::<bool>()).prop_map(
            |(target, min, policy, unlimited)| Rates {
                target: if unlimited { Rate::UNLIMITED } else { Rate::from_bps(target) },
                min: Rate::from_bps(min),
                policy: [RatePolicy::Fixed, RatePolicy::High, RatePolicy::Fair, RatePolicy::Low][policy],
            },
        )
    }

    fn terms() -> impl Strategy<Value = Terms> {
        (any::<u16>(), 0..VARINT_MAX, 0..1u64 << 40).prop_map(|(datagram_max, first_window, outage)| Terms {
            datagram_max,
            first_window,
            outage: Duration::from_millis(outage),
        })
    }

    fn message() -> impl Strategy<Value = Message> {
        let metadata = proptest::collection::btree_map(".{0,20}", ".{0,20}", 0..8);
        let open = ("[^\\p{Cc}]{1,60}", metadata.clone(), rates(), terms(), any::<u32>(), any::<bool>())
            .prop_map(|(stream, metadata, rates, terms, client, push)| {
                Message::Open(Open {
                    request: 5,
                    direction: if push { Direction::Push } else { Direction::Pull },
                    stream,
                    metadata,
                    client: ConnectionId(client),
                    rates,
                    cipher: Cipher::Aes256Gcm,
                    digest: DigestAlgorithm::Blake3,
                    terms,
                })
            });
        let opened = (metadata, rates(), terms(), any::<(u32, u16, SessionId)>()).prop_map(
            |(metadata, rates, terms, (server, udp_port, session))| {
                Message::Opened(Opened {
                    request: 5,
                    session,
                    metadata,
                    server: ConnectionId(server),
                    target: rates.target,
                    cipher: Cipher::ChaCha20Poly1305,
                    digest: DigestAlgorithm::Xxh3,
                    terms,
                    udp_port,
                })
            },
        );
        prop_oneof![
            open,
            opened,
            (any::<SessionId>(), rates()).prop_map(|(session, rates)| Message::Tune { session, rates }),
            (any::<SessionId>(), ".{0,80}").prop_map(|(session, reason)| Message::Ended {
                session,
                how: How::Aborted { code: ErrorCode::Integrity, reason },
            }),
            any::<SessionId>().prop_map(|session| Message::Ended { session, how: How::Complete }),
            any::<[u8; 40]>().prop_map(|envelope| Message::Sealed(envelope.to_vec())),
            any::<(SessionId, [u8; 32])>()
                .prop_map(|(session, proof)| Message::Resume { session, proof: proof.to_vec() }),
        ]
    }

    proptest! {
        #[test]
        fn every_message_reads_back(message in message()) {
            let frame = message.encode();
            prop_assert_eq!(Message::decode(&frame[4..]), Ok(message));
        }

        #[test]
        fn a_damaged_message_is_refused_or_read_and_never_panics(
            message in message(), at in any::<proptest::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut frame = message.encode();
            let at = 4 + at.index(frame.len() - 4);
            frame[at] = byte;
            let _ = Message::decode(&frame[4..]);
            let _ = Message::decode(&frame[4..at]);
        }
    }

    #[test]
    fn an_unknown_digest_is_refused_and_none_is_the_first() {
        let session = [7; 16];
        let with = |digest: Option<u64>| {
            let body = Writer::new(4).int(1, 1).bytes(2, &session).int(5, 2).int(6, 8_000).int(9, 1);
            let body = body.int(10, 1_200).int(11, 0).int(12, 0).int(13, 1);
            let frame = digest.into_iter().fold(body, |body, number| body.int(14, number)).finish();
            match Message::decode(&frame[4..]) {
                Ok(Message::Opened(opened)) => Ok(opened.digest),
                other => Err(other),
            }
        };
        assert_eq!(with(None), Ok(DigestAlgorithm::Xxh3));
        assert_eq!(with(Some(2)), Ok(DigestAlgorithm::Blake3));
        assert_eq!(with(Some(3)), Err(Err(CodecError::BadValue(14))));
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let reason = "ü".repeat(400);
        let frame = Message::Refused { request: 0, code: ErrorCode::Shutdown, reason }.encode();
        let Ok(Message::Refused { reason, .. }) = Message::decode(&frame[4..]) else {
            panic!("it is REFUSED")
        };
        assert_eq!(reason, "ü".repeat(256));
    }
}
