//! The manual page and the completions, made from the same table as `--help`.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Cli, Completions};
use crate::failure::{EXIT_CODES, Failure};

/// Prints the manual page in roff, one section a command.
pub(crate) fn man() -> Result<(), Failure> {
    let mut page = Vec::new();
    let command = Cli::command();
    let written = roff(&command, &mut page).and_then(|()| std::io::stdout().write_all(&page));
    written.map_err(|e| Failure::local("standard output", &e))
}

fn roff(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(page)?;
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let name = format!("faspstream {}", sub.get_name());
        writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
        let man = clap_mangen::Man::new(sub.clone().bin_name(name));
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
    }
    writeln!(page, ".SH \"EXIT CODES\"")?;
    for (code, meaning) in EXIT_CODES {
        writeln!(page, ".TP\n{code}\n{meaning}")?;
    }
    Ok(())
}

/// Prints what a shell is to read.
pub(crate) fn completions(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "faspstream", &mut script);
    std::io::stdout().write_all(&script).map_err(|e| Failure::local("standard output", &e))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_every_command_and_every_exit_code() {
        let mut page = Vec::new();
        let mut command = Cli::command();
        command.build();
        roff(&command, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        for sub in Cli::command().get_subcommands() {
            assert!(
                page.contains(&format!(".SH \"FASPSTREAM {}\"", sub.get_name().to_uppercase())),
                "{}",
                sub.get_name()
            );
        }
        assert!(page.contains("EXIT CODES") && page.contains("integrity:"));
    }
}
