//! HELLO and WELCOME: both ends prove that they know the access key (wire-format.md §2.1).

use std::sync::Arc;

use faspstream_proto::error::ErrorCode;

use super::auth::{self, Exported, Prover};
use super::envelope::Envelopes;
use super::messages::{Message, VERSION};
use super::thread::Fault;
use crate::api::authenticator::Authenticator;
use crate::api::key::AccessKey;
use crate::api::key_limits::KeyLimits;
use crate::api::receipt::hex;

/// The client's first message.
pub(super) fn hello(key: Option<&AccessKey>, exported: &Exported) -> Message {
    Message::Hello {
        version: VERSION,
        key_id: key.map(|k| k.id().to_owned()).unwrap_or_default(),
        proof: key.map(|k| auth::proof(k, Prover::Client, exported)).unwrap_or_default(),
    }
}

/// A client that is let in.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) principal: String,
    pub(super) limits: KeyLimits,
    /// Opens what the client has sealed; None without a key.
    pub(super) envelopes: Option<Envelopes>,
    pub(super) welcome: Message,
}

/// What a server knows about its guests.
pub(crate) struct Door {
    pub(crate) keys: Vec<AccessKey>,
    /// Checked in the place of a key that does not exist, so that the answer takes as long.
    pub(crate) stand_in: AccessKey,
    pub(crate) max_sessions: u64,
    /// Most of them from one address.
    pub(crate) max_per_address: u64,
    /// Asked about each session.
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
}

impl Door {
    /// From a server's configuration.
    pub(crate) fn new(
        config: &crate::config::Config,
        authenticator: Option<Arc<dyn Authenticator>>,
    ) -> crate::Result<Self> {
        Ok(Self {
            keys: config.access_keys.clone(),
            stand_in: AccessKey::generate("nobody")?,
            max_sessions: u64::from(config.max_sessions),
            max_per_address: u64::from(config.max_sessions_per_address.unwrap_or(config.max_sessions)),
            authenticator,
        })
    }

    /// Answers HELLO: who that is and WELCOME, or why not.
    pub(super) fn admit(
        &self,
        (version, key_id, proof): (u64, &str, &[u8]),
        exported: &Exported,
        certificate: Option<&[u8]>,
    ) -> Result<Admission, Fault> {
        if version != VERSION {
            let words =
                format!("this server speaks version {VERSION}, the client {version}: update the older end");
            return Err(Fault::new(ErrorCode::Version, words));
        }
        let key = match (self.keys.is_empty(), key_id) {
            (false, id) => {
                let found = auth::find(&self.keys, &self.stand_in, id, exported, proof);
                Some(found.ok_or_else(|| Fault::new(ErrorCode::Authentication, refusal(id)))?)
            }
            (true, "") => None,
            (true, _) => {
                let words =
                    "the client gave an access key and this server has none: set access.key at the server";
                return Err(Fault::new(ErrorCode::Authentication, words));
            }
        };
        let principal = match (key, certificate) {
            (Some(key), _) => key.id().to_owned(),
            (None, Some(der)) => fingerprint(der),
            (None, None) => String::new(),
        };
        let proof = key.map(|k| auth::proof(k, Prover::Server, exported)).unwrap_or_default();
        let limits = key.map(|k| k.limits().clone()).unwrap_or_default();
        let envelopes = key.map(|k| Envelopes::new(k, exported));
        let welcome = Message::Welcome { version: VERSION, proof, max_sessions: self.max_sessions };
        Ok(Admission { principal, limits, envelopes, welcome })
    }
}

/// The same words for an unknown id and a wrong secret.
fn refusal(id: &str) -> String {
    match id {
        "" => "this server asks for an access key: set access.key at the client".to_owned(),
        id => {
            format!("access key {id:?} was not accepted: check that id and secret are the same at both ends")
        }
    }
}

/// Checks WELCOME: the server knows the key too.
pub(super) fn check_welcome(
    key: Option<&AccessKey>,
    exported: &Exported,
    version: u64,
    proof: &[u8],
) -> Result<(), Fault> {
    if version != VERSION {
        let words =
            format!("this client speaks version {VERSION}, the server {version}: update the older end");
        return Err(Fault::new(ErrorCode::Version, words));
    }
    match key {
        Some(key) if !auth::verify(key, Prover::Server, exported, proof) => Err(Fault::new(
            ErrorCode::Authentication,
            format!(
                "the server has not proven that it knows access key {:?}: it is not the one that is meant",
                key.id()
            ),
        )),
        _ => Ok(()),
    }
}

fn fingerprint(der: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    format!("sha256:{}", hex(digest.as_ref()))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn key(text: &str) -> AccessKey {
        AccessKey::parse(text).expect("it is well-formed")
    }

    fn door(keys: &[&str]) -> Door {
        Door {
            keys: keys.iter().map(|k| key(k)).collect(),
            stand_in: key("x:stand-in-secret"),
            max_sessions: 7,
            max_per_address: 7,
            authenticator: None,
        }
    }

    fn knock(
        door: &Door,
        client: Option<&AccessKey>,
        at_client: u8,
        at_server: u8,
    ) -> Result<String, ErrorCode> {
        let Message::Hello { version, key_id, proof } = hello(client, &Zeroizing::new([at_client; 32]))
        else {
            panic!("hello gives HELLO")
        };
        let Admission { principal, welcome, .. } = door
            .admit((version, &key_id, &proof), &Zeroizing::new([at_server; 32]), None)
            .map_err(|fault| fault.code)?;
        let Message::Welcome { version, proof, .. } = welcome else { panic!("admit gives WELCOME") };
        check_welcome(client, &Zeroizing::new([at_client; 32]), version, &proof)
            .map_err(|fault| fault.code)?;
        Ok(principal)
    }

    #[test]
    fn both_ends_prove_the_same_key() {
        assert_eq!(
            knock(&door(&["a:secret-aa", "b:secret-bb"]), Some(&key("b:secret-bb")), 1, 1),
            Ok("b".to_owned())
        );
        assert_eq!(knock(&door(&[]), None, 1, 1), Ok(String::new()));
    }

    #[test]
    fn a_wrong_key_an_unknown_one_none_and_one_too_many_are_refused() {
        let door_a = door(&["a:secret-aa"]);
        for client in [Some(key("a:secret-bb")), Some(key("c:secret-aa")), None] {
            assert_eq!(knock(&door_a, client.as_ref(), 1, 1), Err(ErrorCode::Authentication));
        }
        assert_eq!(knock(&door(&[]), Some(&key("a:secret-aa")), 1, 1), Err(ErrorCode::Authentication));
    }

    #[test]
    fn a_relay_in_the_middle_has_no_proof_that_fits() {
        // Two TLS connections, so two exporter values.
        assert_eq!(
            knock(&door(&["a:secret-aa"]), Some(&key("a:secret-aa")), 1, 2),
            Err(ErrorCode::Authentication)
        );
        // A server without the key can't say WELCOME to a client that insists.
        let exported = Zeroizing::new([1; 32]);
        let fault = check_welcome(Some(&key("a:secret-aa")), &exported, VERSION, &[]).expect_err("no proof");
        assert_eq!(fault.code, ErrorCode::Authentication);
    }

    #[test]
    fn another_version_is_refused_at_either_end() {
        let exported = Zeroizing::new([1; 32]);
        let fault = door(&[]).admit((2, "", &[]), &exported, None).expect_err("version 2 is not spoken");
        assert_eq!(fault.code, ErrorCode::Version);
        let fault = check_welcome(None, &exported, 2, &[]).expect_err("version 2 is not spoken");
        assert_eq!(fault.code, ErrorCode::Version);
    }
}
