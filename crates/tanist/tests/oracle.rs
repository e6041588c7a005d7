//! keepalived as the oracle: what Debian's keepalived 2.2.7 makes of a configuration, and what tanist makes of it.
//!
//! Each file `oracle/cases/NAME.conf` is a test. keepalived is started with it, in a network namespace of its own with the
//! interfaces eth0 to eth3, and made to dump what it understood; then `tanist check --model --json` reads the same file in
//! the same place. Both answers are brought into one normal form and compared field by field. A difference fails the
//! test, unless `oracle/known.txt` lists it with its reason; a listed one that no longer occurs fails the test too.
//!
//! A file that keepalived refuses to start with says so in a line `#oracle: refused`; of tanist an error is expected then.
//!
//! With `TANIST_ORACLE=theirs` keepalived's normal form goes to standard error and nothing is compared; with `known` every
//! difference goes there as a line for `known.txt`.

#[path = "oracle/address.rs"]
mod address;
#[path = "oracle/case.rs"]
mod case;
#[path = "oracle/dump.rs"]
mod dump;
#[path = "oracle/ground.rs"]
mod ground;
#[path = "oracle/instance.rs"]
mod instance;
#[path = "oracle/keepalived.rs"]
mod keepalived;
#[path = "oracle/known.rs"]
mod known;
#[path = "oracle/normal.rs"]
mod normal;
#[path = "oracle/objects.rs"]
mod objects;
#[path = "oracle/ours.rs"]
mod ours;
#[path = "oracle/route.rs"]
mod route;
#[path = "oracle/rule.rs"]
mod rule;
#[path = "oracle/table.rs"]
mod table;
#[path = "oracle/user.rs"]
mod user;
#[path = "oracle/words.rs"]
mod words;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use testbed::lan::harness;

use case::{Case, Expectation};
use ground::{Files, Ground};
use keepalived::TheirAnswer;
use known::{CANONICAL, Known};
use normal::{Difference, START};

/// What to do with the two answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Fail on differences.
    Compare,
    /// Print keepalived's answer.
    Theirs,
    /// Print the differences as lines of the list of known ones.
    Known,
}

fn main() -> ExitCode {
    harness::run(|| if keepalived::is_the_known_one() { all() } else { Vec::new() })
}

/// A test for each file. The copies live as long as the tests.
#[expect(clippy::print_stderr, reason = "tests talk to whoever runs them")]
fn all() -> Vec<Trial> {
    let files = Arc::new(Files::copy().expect("the cases can be copied to a temporary directory"));
    let known = Arc::new(Known::read());
    let cases = case::all(files.directory());
    let mut trials = vec![all_known_differences_name_a_case(&known, &cases)];
    for case in cases {
        let (files, known) = (Arc::clone(&files), Arc::clone(&known));
        let (name, skipped) = (case.name.clone(), case.lacks_something());
        if skipped {
            eprintln!("SKIPPED, {name}: it needs the machine's root, not that of a user namespace");
        }
        let (canonical, files_again, known_again) = (case.clone(), Arc::clone(&files), Arc::clone(&known));
        trials.push(Trial::test(name.clone(), move || judge(&files, &case, &known)).with_ignored_flag(skipped));
        let judge_again = move || judge_canonical(&files_again, canonical, &known_again);
        trials.push(Trial::test(format!("{name}{CANONICAL}"), judge_again).with_ignored_flag(skipped));
    }
    trials
}

/// A line for a file that was renamed or removed would never be noticed otherwise.
fn all_known_differences_name_a_case(known: &Known, cases: &[Case]) -> Trial {
    let strays = known.strays(cases);
    Trial::test("known differences name cases", move || {
        if strays.is_empty() { Ok(()) } else { Err(format!("known.txt names no case: {strays:?}").into()) }
    })
}

/// Asks both and compares.
fn judge(files: &Files, case: &Case, known: &Known) -> Result<(), Failed> {
    let ground = Ground::new().map_err(|error| format!("no namespace: {error}"))?;
    let theirs = keepalived::ask(&ground, case)?;
    if mode() == Mode::Theirs {
        return show(case, &theirs);
    }
    as_expected(case, &theirs)?;
    let ours = ours::ask(&ground, case)?;
    let differences = differences(&theirs, &ours);
    if mode() == Mode::Known {
        return list(case, &differences);
    }
    known.judge(case, &differences).map_err(|text| format!("{}\n{text}", files.original(case)).into())
}

/// Whether keepalived makes of tanist's canonical text what tanist made of the case.
fn judge_canonical(files: &Files, mut case: Case, known: &Known) -> Result<(), Failed> {
    let ground = Ground::new().map_err(|error| format!("no namespace: {error}"))?;
    let ours = ours::ask(&ground, &case)?;
    let original = files.original(&case);
    case.name.push_str(CANONICAL);
    case.file = ground.scratch.path().join("canonical.conf");
    std::fs::write(&case.file, ours.canonical.as_bytes()).map_err(|error| format!("no canonical text: {error}"))?;
    // tanist goes on without the routers that keepalived does not start with. With none left there is nothing to dump.
    if ours.model.values("vrrp_instance").is_empty() {
        return Ok(());
    }
    let differences = match keepalived::ask(&ground, &case)? {
        TheirAnswer::Refused { .. } if case.expectation == Expectation::Refused => Vec::new(),
        TheirAnswer::Refused { log, .. } => {
            return Err(format!("keepalived refuses {original} as rewritten:\n{log}").into());
        }
        theirs => differences(&theirs, &ours),
    };
    if mode() == Mode::Known {
        return list(&case, &differences);
    }
    known
        .judge(&case, &differences)
        .map_err(|text| format!("{original}, rewritten:\n{}\n{text}", ours.canonical).into())
}

/// A case that was meant to start and does not (or the other way round) tests something else than it says.
fn as_expected(case: &Case, theirs: &TheirAnswer) -> Result<(), Failed> {
    match (case.expectation, theirs) {
        (Expectation::Starts, TheirAnswer::Runs(_)) | (Expectation::Refused, TheirAnswer::Refused { .. }) => Ok(()),
        (Expectation::Starts, TheirAnswer::Refused { status, log }) => {
            Err(format!("keepalived was to start, but ended with {status}:\n{log}").into())
        }
        (Expectation::Refused, TheirAnswer::Runs(_)) => Err("keepalived was to refuse this, but started".into()),
    }
}

/// All fields in which the two differ. Where keepalived does not start, whether we leave something out as well is the only one.
fn differences(theirs: &TheirAnswer, ours: &ours::Answer) -> Vec<Difference> {
    match theirs {
        TheirAnswer::Runs(theirs) => {
            theirs.comparable_with(&ours.model).differences(&ours.model.comparable_with(theirs))
        }
        TheirAnswer::Refused { .. } if ours.refuses => Vec::new(),
        TheirAnswer::Refused { .. } => {
            vec![Difference::new(START, "refused", "no diagnostic of severity error or unsupported")]
        }
    }
}

fn mode() -> Mode {
    match std::env::var("TANIST_ORACLE").as_deref() {
        Ok("theirs") => Mode::Theirs,
        Ok("known") => Mode::Known,
        _ => Mode::Compare,
    }
}

#[expect(clippy::print_stderr, clippy::unnecessary_wraps, reason = "a mode that exists to print, in place of a test")]
fn show(case: &Case, theirs: &TheirAnswer) -> Result<(), Failed> {
    match theirs {
        TheirAnswer::Runs(normal) => normal.lines().for_each(|line| eprintln!("{} | {line}", case.name)),
        TheirAnswer::Refused { status, .. } => eprintln!("{} | {START} | refused, {status}", case.name),
    }
    Ok(())
}

#[expect(clippy::print_stderr, clippy::unnecessary_wraps, reason = "a mode that exists to print, in place of a test")]
fn list(case: &Case, differences: &[Difference]) -> Result<(), Failed> {
    for difference in differences {
        eprintln!("{} | {} | keepalived {}; tanist {}", case.name, difference.path, difference.theirs, difference.ours);
    }
    Ok(())
}
