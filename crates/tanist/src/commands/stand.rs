//! `tanist release` and `tanist hold`: routers leave and stay away, and take part again.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::cli::StandArgs;
use crate::control::api::Concerned;
use crate::control::client;
use crate::ports::released::Wish;

pub(crate) fn run(options: &StandArgs, wish: Wish) -> ExitCode {
    let (verb, done) = match wish {
        Wish::Release => ("/v1/release", "released"),
        Wish::Hold => ("/v1/hold", "takes part again"),
    };
    let paths: Vec<String> = match &options.names[..] {
        [] => vec![verb.to_owned()],
        names => names.iter().map(|name| client::path(verb, name)).collect(),
    };
    let mut status = ExitCode::SUCCESS;
    for path in paths {
        match client::post::<Concerned>(&options.daemon.control(), &path) {
            Ok(Concerned { routers }) => {
                let mut out = io::stdout().lock();
                routers.iter().for_each(|router| drop(writeln!(out, "{router}: {done}")));
            }
            Err(error) => {
                drop(writeln!(io::stderr(), "tanist: {error}"));
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}
