//! The congestion control of programs that cannot choose one: it is put on the route to the peer, which the kernel lets root do in a
//! namespace for every algorithm that it has loaded (the default of a namespace may only be one of a short list).

use super::flow::Check;
use crate::error::{LabError, Tried};
use crate::lab::{Family, INTERFACE, Lab, Side};

/// Makes every TCP connection that side a opens from now on use `congestion`, unless its program says otherwise.
pub(super) fn use_congestion(lab: &Lab, family: Family, congestion: &str) -> Result<(), LabError> {
    let (version, network) = match family {
        Family::V4 => ("-4", "10.77.0.0/16"),
        Family::V6 => ("-6", "fd77::/64"),
    };
    let route = ["route", "replace", network, "dev", INTERFACE, "proto", "kernel", "congctl", congestion];
    let output =
        lab.command(Side::A, "ip").arg(version).args(route).output().tried("start the ip command")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LabError::Failed(format!("the congestion control {congestion} could not be put on a route: {said}")))
}

/// To be asked while the connection from side a to this port stands: an error unless it uses `congestion`.
pub(super) fn check(lab: &Lab, port: u16, congestion: &'static str) -> Check {
    let mut command = lab.command(Side::A, "ss");
    command.args(["-tinH", "state", "established", "dport", "=", &format!(":{port}")]);
    Box::new(move || {
        let shown = command.output().tried("start the ss command")?;
        let shown = String::from_utf8_lossy(&shown.stdout);
        if shown.split_whitespace().any(|word| word == congestion) {
            return Ok(());
        }
        Err(LabError::Failed(format!("asked for {congestion}, but ss shows {:?}", shown.trim())))
    })
}
