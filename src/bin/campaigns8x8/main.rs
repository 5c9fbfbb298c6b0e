//! The `campaigns8x8` program: a demonstration, and the sandbox as a server. All behaviour is in the library.

mod demo;
mod serve;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Client and sandbox for the 8x8 Contact Center Campaigns API.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build, start, add records, pause: the vendor's four steps against a sandbox of its own, over real HTTP.
    Demo,
    /// Run the sandbox, the remote API imitated, until Ctrl-C, or for as long as a command runs.
    Sandbox(serve::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Demo => demo::run().map(|()| ExitCode::SUCCESS),
        Command::Sandbox(options) => serve::run(&options),
    };
    match result {
        Ok(code) => code,
        // Whoever read our output has stopped reading: nothing to tell, and nobody to tell it to.
        Err(error) if terminal::is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&*error);
            ExitCode::FAILURE
        }
    }
}
