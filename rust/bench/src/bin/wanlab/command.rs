//! What the command does.

use std::env;
use std::ffi::OsStr;
use std::process::ExitCode;

use super::stats;
use faspstream_bench::LabError;
use faspstream_bench::control;
use faspstream_bench::experiment::{self, Plan};
use faspstream_bench::lab::{Lab, LabConfig, Side, options_help};
use faspstream_bench::validate;

const USAGE: &str = "\
wanlab up NAME [--OPTION VALUE]...     makes two network namespaces, a and b, and a link between them
wanlab exec NAME a|b -- COMMAND...     runs a command on one side
wanlab set NAME KEY=VALUE...           changes the link while it runs
wanlab stats NAME [--json]             shows its counters
wanlab list                            shows what runs
wanlab down NAME                       ends it
wanlab validate                        measures the accuracy of the emulator on this machine
wanlab run EXPERIMENT [--OPTION VALUE] compares transports; wanlab run without a name lists the experiments
wanlab page PAGE                       writes the tables and charts of a page anew from the files of results

Addresses: side a has 10.77.0.1 and fd77::1, side b has 10.77.0.2 and fd77::2; commands find them in WANLAB_HERE, WANLAB_PEER,
WANLAB_HERE6 and WANLAB_PEER6. 'ip netns exec wanlab-NAME-a COMMAND' works too. Needs root; without it the exit code is 77.

Options and keys; 'ab.' or 'ba.' in front limits one to a direction. A queue in bdp is sized when it is set.
";

/// Does what the command line says.
pub(crate) fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("wanlab: {e}");
            ExitCode::from(e.exit_code())
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode, LabError> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["up", name, ..] => {
            let program = env::current_exe()
                .map_err(|source| LabError::Io { what: "find this program".to_owned(), source })?;
            control::up(program.as_os_str(), name, &arguments[2..])?;
        }
        // Started by `up`.
        ["serve", name, ..] => {
            control::serve(name, &LabConfig::from_options(&arguments[2..])?, std::io::stdout())?;
        }
        ["exec", name, side, "--", program, ..] => {
            control::enter(name, parse_side(side)?, OsStr::new(program), &arguments[5..])?;
        }
        ["set", name, _, ..] => control::set(name, &arguments[2..])?,
        ["stats", name] => print!("{}", stats::table(&control::stats(name)?)),
        ["stats", name, "--json"] => println!("{}", control::stats(name)?),
        ["list"] => control::list().iter().for_each(|(name, pid)| println!("{name} {pid}")),
        ["down", name] => control::down(name)?,
        ["validate"] => return validate_here(),
        ["run"] => print!("{}", experiments()),
        ["run", name, ..] => {
            let plan = Plan::from_options(name, &arguments[2..])?;
            experiment::run(&plan, &format!("wanlab {}", words.join(" ")), |line| println!("{line}"))?;
        }
        ["page", page] => faspstream_bench::page::write(std::path::Path::new(page))?,
        ["help" | "--help" | "-h"] => print!("{USAGE}{}", options_help()),
        _ => return Err(LabError::Usage(format!("usage:\n{USAGE}{}", options_help()))),
    }
    Ok(ExitCode::SUCCESS)
}

fn experiments() -> String {
    let presets = experiment::PRESETS.iter();
    let list: String =
        presets.map(|(name, what, options)| format!("{name}: {what}\n    {options}\n")).collect();
    format!("{list}\nOptions, over those of the experiment:\n{}", experiment::help())
}

fn parse_side(text: &str) -> Result<Side, LabError> {
    let side = Side::ALL.into_iter().find(|side| side.name() == text);
    side.ok_or_else(|| LabError::Usage(format!("{text:?} is no side; there are a and b")))
}

fn validate_here() -> Result<ExitCode, LabError> {
    Lab::available()?;
    println!("{}", validate::table_head());
    let passed = validate::run(|check| println!("{check}"))?;
    println!("{}", if passed { "the lab is accurate here" } else { "the lab is NOT accurate here" });
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
