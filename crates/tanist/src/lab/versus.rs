//! `tanist lab --versus`: the same stop, kill, freeze and restart with another daemon and with tanist, side by side.
//!
//! Nobody is judged here: what was measured is printed. Each contestant has a LAN of its own, and all play at the same time.

mod contest;
mod contestant;
mod table;

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use conf::model::Switch;
use lab::keepalived_version;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use vrrp::types::Interval;

use super::options::{LabArgs, Rival};
use super::outputs::Output;
use super::picture::Panel;
use super::stop::Stop;
use contest::{Contest, Measured};
use contestant::Contestant;

/// The version of keepalived whose results are in the README.
const KNOWN_VERSION: &str = "2.2.7";

/// Plays, and prints the table.
pub(super) fn run(rival: Rival, options: &LabArgs) -> Result<(), Stop> {
    let Rival::Keepalived = rival;
    let svg = Output::create(options.svg.as_ref())?;
    let Some(version) = keepalived_version() else {
        return Err(Stop::Impossible("keepalived is not installed: there is nothing to compare tanist with".into()));
    };
    say(&format!(
        "tanist lab: keepalived {version} and tanist, each with two routers and a client on a switch of its own"
    ));
    if version != KNOWN_VERSION {
        say(&format!("what the README shows of keepalived is of version {KNOWN_VERSION}: {version} may do otherwise"));
    }
    let interrupted = Arc::<AtomicBool>::default();
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let (mut rows, mut panels) = (Vec::new(), Vec::new());
    for vmac in [Switch::On, Switch::Off] {
        say(match vmac {
            Switch::On => "\nwith virtual MACs (use_vmac):",
            Switch::Off => "\nwithout virtual MACs:",
        });
        let played = side_by_side(vmac, options.advert_interval, &interrupted)?;
        rows.extend(played.rows.into_iter().map(|row| (vmac, row)));
        match vmac {
            Switch::On => panels.extend(played.panels.into_iter().zip(Contestant::ALL).map(|(panel, contestant)| {
                let title = format!("{}: IPv4 with a virtual MAC", contestant.heading(&version));
                Panel { title, ..panel }
            })),
            Switch::Off => {}
        }
    }
    if let Some(svg) = svg {
        svg.draw(&panels)?;
    }
    say(&format!("\n{}", table::render(&version, &rows)));
    Ok(())
}

/// What one scene came to in one family, of each contestant.
type Row = [Measured; Contestant::ALL.len()];

/// What all contestants came to, and how it looked.
struct Played {
    rows: Vec<Row>,
    panels: [Panel; Contestant::ALL.len()],
}

/// All contestants at the same time.
fn side_by_side(vmac: Switch, interval: Interval, interrupted: &AtomicBool) -> Result<Played, Stop> {
    let outcomes = thread::scope(|scope| {
        let play = |contestant| scope.spawn(move || Contest::set(contestant, vmac, interval, interrupted)?.play());
        let threads = Contestant::ALL.map(play);
        threads.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let [first, second, third] = outcomes;
    let ((first, panel_1), (second, panel_2), (third, panel_3)) = (first?, second?, third?);
    let rows = first.into_iter().zip(second).zip(third).map(|((first, second), third)| [first, second, third]);
    Ok(Played { rows: rows.collect(), panels: [panel_1, panel_2, panel_3] })
}

fn say(text: &str) {
    // Nobody may be reading; the exit status says it all the same.
    writeln!(io::stdout(), "{text}").ok();
}
