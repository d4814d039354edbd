//! Prints rows of the contest of control laws; see `rust/proto/docs/rate-control.md`.
#![expect(clippy::print_stdout, reason = "a table on the screen is what this program is for")]

use core::time::Duration;

use faspstream_sim::lab::contest;
use faspstream_sim::lab::rows::{Cell, by_name};
use faspstream_sim::lab::{FlowConfig, Lab, jain};

fn law(name: &str) -> faspstream_sim::lab::Law {
    by_name(name).expect("fair, high, low, cubic, reno or bbr")
}

fn cell(args: &[String]) -> Cell {
    let number = |i: usize| args[i].parse::<f64>().expect("a number");
    Cell { mbps: number(0), rtt: number(1), loss: number(2) / 100.0, queue: number(3) }
}

fn steady(name: &str, cell: Cell) -> (f64, f64, f64, f64, f64) {
    let rtt = cell.seconds().max(0.001);
    let warm: f64 = (20.0 * rtt).max(2.0);
    let end = warm + (60.0 * rtt).clamp(5.0, 30.0);
    let o = cell.alone(law(name), 7, end);
    let t = &o.traces[0];
    let reach = t.reaches(0.0, rtt.max(0.02), 0.9 * cell.ideal()).unwrap_or(f64::INFINITY) / rtt;
    (
        t.goodput(warm, end) / cell.ideal(),
        t.queueing(warm, end, 0.95),
        reach,
        (t.loss(0.0, (100.0 * rtt).max(1.0)) - cell.loss).max(0.0),
        (t.loss(warm, end) - cell.loss).max(0.0),
    )
}

fn grid(name: &str, verbose: bool) {
    let mut bad = 0;
    let mut marks = std::collections::BTreeMap::new();
    for queue in [1.0, 0.25] {
        for mbps in [10.0, 100.0, 300.0, 1000.0] {
            for rtt in [0.2, 10.0, 50.0, 100.0, 200.0, 300.0] {
                for loss in [0.0, 0.1, 1.0, 2.0, 5.0, 10.0] {
                    let c = Cell { mbps, rtt, loss: loss / 100.0, queue };
                    let (g, q, r, l, s) = steady(name, c);
                    let limit = (0.25 * rtt).max(20.0);
                    let mark = if g < 0.97 {
                        "GOODPUT"
                    } else if q > limit {
                        "QUEUE"
                    } else if r > 10.0 && rtt > 1.0 {
                        "START"
                    } else if l > 0.01 {
                        "LOSS"
                    } else {
                        ""
                    };
                    if !mark.is_empty() {
                        bad += 1;
                        *marks.entry(mark).or_insert(0) += 1;
                    }
                    if !mark.is_empty() && verbose {
                        println!(
                            "{queue:4} bdp {mbps:5} M {rtt:5} ms {loss:4} %: goodput {g:.3} p95 queue {q:6.2} ms, 90 % after {r:5.1} RTT, lost {:.2} %/{:.2} % {mark}",
                            l * 100.0,
                            s * 100.0
                        );
                    }
                }
            }
        }
    }
    println!("{bad} cells fall short {marks:?}");
}

fn pair(a: &str, b: &str, c: Cell, seconds: f64) -> (f64, f64) {
    let back = c.back();
    let mut second = FlowConfig::new(law(b), back);
    second.start = Duration::from_secs(5);
    let o = Lab::new(c.link(), 7, c.slice())
        .flow(FlowConfig::new(law(a), back))
        .flow(second)
        .run(Duration::from_secs_f64(seconds));
    let from = seconds / 3.0;
    (o.traces[0].goodput(from, seconds) / c.ideal(), o.traces[1].goodput(from, seconds) / c.ideal())
}

fn trace(names: &[&str], c: Cell, gap: f64, seconds: f64, step: f64) {
    let mut lab = Lab::new(c.link(), 7, Duration::from_millis(1));
    for (i, n) in names.iter().enumerate() {
        let mut f = FlowConfig::new(law(n), c.back());
        f.start = Duration::from_secs_f64(gap * i as f64);
        lab = lab.flow(f);
    }
    let o = lab.run(Duration::from_secs_f64(seconds));
    let mut t = 0.0;
    while t < seconds {
        let shares: Vec<f64> = o.traces.iter().map(|x| x.goodput(t, t + step) / 1e6).collect();
        let q = o.traces[0].queueing(t, t + step, 0.5);
        let rates: Vec<String> = o
            .traces
            .iter()
            .map(|x| {
                x.said
                    .get(((t + step) * 1e3) as usize - 1)
                    .map_or("-".into(), |s| format!("{:.1}/{:.0}k", s.0 as f64 / 1e6, s.1 as f64 / 1e3))
            })
            .collect();
        println!(
            "{t:7.3} q {q:7.2} ms jain {:.3} {} said {} lost {:?}",
            jain(&shares),
            shares.iter().map(|s| format!("{s:7.2}")).collect::<Vec<_>>().join(" "),
            rates.join(" "),
            o.traces.iter().map(|x| format!("{:.2}%", 100.0 * x.loss(t, t + step))).collect::<Vec<_>>()
        );
        t += step;
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[0] {
        "grid" => grid(words[1], words.len() > 2),
        "cell" => println!("{:?}", steady(words[1], cell(&args[2..]))),
        "trace" => {
            let names: Vec<&str> = words[1].split('+').collect();
            let n = |i: usize| args[i].parse::<f64>().expect("a number");
            trace(&names, cell(&args[2..]), n(6), n(7), n(8));
        }
        "rows" => {
            let all: [(&str, &dyn Fn() -> Vec<contest::Row>); 5] = [
                ("harm", &|| contest::harm(words[1])),
                ("fairness", &|| contest::fairness(words[1])),
                ("policies", &contest::policies),
                ("changes", &|| contest::changes(words[1])),
                ("troubles", &|| contest::troubles(words[1])),
            ];
            for (group, rows) in all {
                if words.len() < 3 || words[2..].contains(&group) {
                    for r in rows() {
                        println!(
                            "{} {}: {} [{}]",
                            if r.holds { "  ok " } else { "SHORT" },
                            r.name,
                            r.measured,
                            r.goal
                        );
                    }
                }
            }
        }
        "pair" => println!("{:?}", pair(words[1], words[2], cell(&args[3..]), 60.0)),
        _ => println!(
            "grid LAW | cell LAW MBPS RTT LOSS QUEUE | trace A+B MBPS RTT LOSS QUEUE GAP SECONDS STEP | pair A B MBPS RTT LOSS QUEUE"
        ),
    }
}
