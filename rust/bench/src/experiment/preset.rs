//! The experiments by name.

use crate::error::LabError;

/// Every preset: its name, what it shows, its options.
pub const PRESETS: [(&str, &str, &str); 14] = [
    (
        "grid",
        "goodput of one stream on every link",
        "--flows faspstream,bbr,cubic --rates 100mbit --rtts 10ms,100ms,200ms,300ms --losses 0,0.1%,1%,2%,5%,10% \
         --queues 1bdp",
    ),
    (
        "original",
        "goodput on the grid by which the original is advertised",
        "--flows faspstream,bbr,cubic --rates 100mbit \
         --paths 10ms/0.1%,90ms/1%,150ms/2%,200ms/2%,550ms/5%,1000ms/5%,1000ms/30% --queues 1bdp --time 30s",
    ),
    (
        "transfer",
        "time of a whole transfer, connection included",
        "--flows faspstream,bbr,cubic --rates 300mbit --rtts 100ms --losses 0,1% --queues 1bdp --bytes 1000mb \
         --time 10min",
    ),
    (
        "queue",
        "queueing delay that a stream causes, by a ping beside it",
        "--flows faspstream,bbr,cubic --rates 20mbit,100mbit --rtts 20ms,100ms --losses 0,1% --queues 1bdp,4bdp \
         --pings yes",
    ),
    (
        "fairness",
        "how streams share a link",
        "--flows faspstream*2,faspstream*4,faspstream+cubic,cubic*2,faspstream+bbr,bbr*2 --rates 100mbit \
         --rtts 50ms --losses 0 --queues 1bdp,0.25bdp --time 60s",
    ),
    (
        "outage",
        "5 s of nothing, then a quarter of the rate, then all of it again, over time",
        "--flows faspstream,bbr,cubic --rates 100mbit --rtts 100ms --losses 0,1% --queues 1bdp --time 45s \
         --at 10s:link=down --at 15s:link=up --at 25s:rate=25mbit --at 35s:rate=100mbit",
    ),
    (
        "long-outage",
        "30 s of nothing, by which the control connection is cut too, over time",
        "--flows faspstream,bbr --rates 100mbit --rtts 100ms --losses 0,1% --queues 1bdp --time 60s \
         --at 10s:link=down --at 40s:link=up",
    ),
    (
        "slower",
        "a quarter of the rate from 10 s on, over time",
        "--flows faspstream,bbr --rates 100mbit --rtts 100ms --losses 0,1% --queues 1bdp --time 25s \
         --at 10s:rate=25mbit",
    ),
    (
        "faster",
        "four times the rate from 10 s on, over time",
        "--flows faspstream,bbr --rates 25mbit --rtts 100ms --losses 0,1% --queues 1bdp --time 25s \
         --at 10s:rate=100mbit",
    ),
    (
        "longer",
        "a round trip 100 ms longer from 10 s on, over time",
        "--flows faspstream,bbr --rates 100mbit --rtts 100ms --losses 0,1% --queues 1bdp --time 25s --at 10s:rtt=200ms",
    ),
    (
        "lossier",
        "5 % of loss from 10 s on, over time",
        "--flows faspstream,bbr --rates 100mbit --rtts 100ms --losses 0 --queues 1bdp --time 25s --at 10s:loss=5%",
    ),
    (
        "live",
        "how old the data of a live stream is when it is read, at half the rate of the link",
        "--flows rust,bbr,cubic,srt --rates 100mbit --rtts 100ms --losses 0,1%,5% --queues 1bdp --live 50% --time 30s",
    ),
    (
        "buffers",
        "what the system's default of 208 KiB for sockets' buffers costs; beside it, the same with --socket-buffer 4mib",
        "--flows faspstream,bbr --rates 1gbit --rtts 10ms,100ms --losses 0 --queues 1bdp --time 12s \
         --socket-buffer 208kib",
    ),
    (
        "parallel",
        "1, 4 and 16 streams at once",
        "--flows faspstream,faspstream*4,faspstream*16,bbr,bbr*4,bbr*16 --rates 300mbit --rtts 100ms --losses 1% \
         --queues 1bdp --time 20s",
    ),
];

/// The options of a preset.
pub(super) fn options(name: &str) -> Result<&'static str, LabError> {
    let found = PRESETS.iter().find(|(known, ..)| *known == name).map(|(_, _, options)| *options);
    found.ok_or_else(|| {
        let known: Vec<&str> = PRESETS.iter().map(|(known, ..)| *known).collect();
        LabError::Usage(format!("no experiment {name:?}; known are {}", known.join(", ")))
    })
}
