//! What trackers watch: `vrrp_script`, `vrrp_track_process`, `track_file`, `bfd_instance` (keepalived-config §2.8 to §2.11).

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::{Entry, WrittenTracker};
use crate::keyword::{Block, KeywordDef};
use crate::keywords::{groups, instance_inert as inert, trackers as rows};
use crate::model::watch::{BfdSession, ParamMatch, TrackFile, TrackProcess, TrackScript, Watched};
use crate::model::{Script, Switch, Tracker, Weight};
use crate::read::{Raw, RawBlock, Settings};
use crate::source::Span;
use crate::suggest;

/// What entries of tracking lists may name.
#[derive(Debug, Default)]
pub(super) struct Known {
    blocks: HashMap<(Block, String), (usize, Span, Weight)>,
    /// Blocks that were left out; that was reported.
    left_out: Vec<(Block, String)>,
}

/// What is watched, without groups, and how entries find it.
pub(super) fn resolve(raw: &Raw, out: &mut Diagnostics) -> (Watched, Known) {
    let mut known = Known::default();
    let watched = Watched {
        scripts: known.all(raw, Block::Script, out, script, |script: &TrackScript| script.weight),
        processes: known.all(raw, Block::Process, out, process, |process: &TrackProcess| process.weight),
        files: known.all(raw, Block::File, out, file, |file: &TrackFile| file.weight),
        sessions: known.all(raw, Block::Bfd, out, session, |session: &BfdSession| session.weight),
        groups: Vec::new(),
    };
    (watched, known)
}

impl Known {
    fn all<T>(
        &mut self,
        raw: &Raw,
        block: Block,
        out: &mut Diagnostics,
        read: impl Fn(&RawBlock, &mut Diagnostics) -> Option<T>,
        weight: impl Fn(&T) -> Weight,
    ) -> Vec<T> {
        let mut all = Vec::new();
        for raw in raw.blocks(block) {
            let key = (block, raw.name.clone());
            match read(raw, out) {
                Some(read) => {
                    self.blocks.insert(key, (raw.order, raw.span, weight(&read)));
                    all.push(read);
                }
                None => self.left_out.push(key),
            }
        }
        all
    }

    /// The trackers that `owner` lists under `row`, and where. Forward references count; keepalived drops them.
    pub(super) fn trackers(
        &self,
        owner: &RawBlock,
        row: &KeywordDef,
        block: Block,
        out: &mut Diagnostics,
    ) -> Vec<(Tracker, Span)> {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let mut trackers = Vec::new();
        for entry in owner.settings.trackers(row) {
            if let Some(&first) = seen.get(entry.value.name.as_str()) {
                let what = format!("`{}` is tracked already", entry.value.name);
                out.push(
                    Diagnostic::new(Code::TrackTwice, entry.span, what).also(first, "the first").note("it counts"),
                );
                continue;
            }
            seen.insert(&entry.value.name, entry.span);
            trackers.extend(self.tracker(entry, owner, block, out).map(|tracker| (tracker, entry.span)));
        }
        trackers
    }

    fn tracker(
        &self,
        entry: &Entry<WrittenTracker>,
        owner: &RawBlock,
        block: Block,
        out: &mut Diagnostics,
    ) -> Option<Tracker> {
        let WrittenTracker { name, number, sense } = &entry.value;
        let key = (block, name.clone());
        let Some(&(order, span, weight)) = self.blocks.get(&key) else {
            if !self.left_out.contains(&key) && !is_explained(&key, out) {
                out.push(self.undefined(entry, block));
            }
            return None;
        };
        if order > owner.order {
            let what = format!("`{name}` is defined further down");
            let note = "here it is tracked; keepalived drops the entry, and the router runs untracked";
            let diagnostic = Diagnostic::new(Code::DefinedLater, entry.span, what).also(span, "here").note(note);
            out.push(diagnostic.help(format!("move the {} above what tracks it", block.name())));
        }
        let weight = Weight { number: number.unwrap_or(weight.number), sense: sense.unwrap_or(weight.sense) };
        Some(Tracker { name: name.clone(), weight })
    }

    fn undefined(&self, entry: &Entry<WrittenTracker>, block: Block) -> Diagnostic {
        let name = &entry.value.name;
        let what = format!("there is no {} `{name}`", block.name());
        let diagnostic = Diagnostic::new(Code::UndefinedTracker, entry.span, what);
        let diagnostic = diagnostic.note("nothing is tracked, as in keepalived");
        let mut names: Vec<&str> =
            self.blocks.keys().filter(|(kind, _)| *kind == block).map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        let Some(near) = suggest::nearest_of(names.into_iter(), name) else {
            return diagnostic.help(format!("define it: {} {name} {{ … }}", block.name().trim_matches('`')));
        };
        let defined = self.blocks.get(&(block, near.to_owned())).map(|&(_, span, _)| span);
        let diagnostic = match defined {
            Some(span) => diagnostic.also(span, "this one is defined"),
            None => diagnostic,
        };
        diagnostic.replace(entry.span, near, format!("did you mean `{near}`?"))
    }

    /// Says of scripts and processes that nothing tracks them.
    pub(super) fn check_use(&self, raw: &Raw, out: &mut Diagnostics) {
        for (block, own, group) in [
            (Block::Script, &inert::TRACK_SCRIPT, &groups::TRACK_SCRIPT),
            (Block::Process, &inert::TRACK_PROCESS, &groups::TRACK_PROCESS),
        ] {
            let owners = raw.blocks(Block::Instance).iter().chain(raw.blocks(Block::SyncGroup));
            let entries = owners.flat_map(|owner| owner.settings.trackers(own).chain(owner.settings.trackers(group)));
            let named: HashSet<&str> = entries.map(|entry| entry.value.name.as_str()).collect();
            for unused in raw.blocks(block).iter().filter(|it| !named.contains(it.name.as_str())) {
                if self.blocks.contains_key(&(block, unused.name.clone())) && !is_meant(&unused.name, out) {
                    out.push(never_tracked(unused, own));
                }
            }
        }
    }
}

/// Whether a misspelt entry means it.
fn is_meant(name: &str, out: &Diagnostics) -> bool {
    out.iter().filter(|diagnostic| diagnostic.code == Code::UndefinedTracker).any(|diagnostic| {
        let replacement = diagnostic.suggestion.as_ref().and_then(|it| it.replacement.as_ref());
        replacement.is_some_and(|(_, with)| with == name)
    })
}

fn never_tracked(raw: &RawBlock, list: &KeywordDef) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::NeverTracked, raw.span, format!("nothing tracks `{}`", raw.name));
    let diagnostic = diagnostic.note("it moves no priority and stops no router");
    diagnostic.help(format!("add `{} {{ {} }}` to a router, or remove the block", list.name, raw.name))
}

/// Whether the definition is there, but under a header that was misread; that was reported.
fn is_explained((block, name): &(Block, String), out: &Diagnostics) -> bool {
    let header = block.name().trim_matches('`');
    let (glued, unnamed) = (format!("`{header}_{name}`"), format!("`{header}` needs a name"));
    out.iter().any(|diagnostic| {
        let is_unnamed = diagnostic.code == Code::UnnamedBlock && diagnostic.message == unnamed;
        let is_unknown = matches!(diagnostic.code, Code::UnknownBlock | Code::UnknownKeyword);
        is_unnamed || is_unknown && diagnostic.message.contains(&glued)
    })
}

fn nothing(raw: &RawBlock, row: &KeywordDef, out: &mut Diagnostics) {
    if !raw.settings.was_refused(row) {
        let what = format!("`{}` has no `{}`", raw.name, row.name);
        let diagnostic = Diagnostic::new(Code::NothingWatched, raw.span, what);
        out.push(diagnostic.note("the block is left out, as in keepalived").help(format!("add `{}`", row.name)));
    }
}

fn script(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackScript> {
    let settings = &raw.settings;
    let Some(script) = settings.script(&rows::SCRIPT) else {
        nothing(raw, &rows::SCRIPT, out);
        return None;
    };
    let user = settings.user(&rows::USER).cloned().or_else(|| script.value.user.clone());
    let interval = time(settings, &rows::INTERVAL, 1_000_000);
    Some(TrackScript {
        name: raw.name.clone(),
        script: Script { argv: script.value.argv.clone(), user },
        interval,
        timeout: settings.micros(&rows::TIMEOUT).map_or(interval, |time| Duration::from_micros(time.value)),
        weight: settings.weight(&rows::SCRIPT_WEIGHT).unwrap_or_default(),
        rise: settings.count(&rows::RISE).unwrap_or(1),
        fall: settings.count(&rows::FALL).unwrap_or(1),
        init_fail: flag(settings, &rows::INIT_FAIL),
    })
}

fn process(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackProcess> {
    let settings = &raw.settings;
    let command: Vec<String> = settings.words(&rows::PROCESS).map(|word| word.value.clone()).collect();
    if command.is_empty() {
        nothing(raw, &rows::PROCESS, out);
        return None;
    }
    let both = time(settings, &rows::DELAY_BOTH, 0);
    let delay = |row| settings.micros(row).map_or(both, |time| Duration::from_micros(time.value));
    let quorum_max = settings.count(&rows::QUORUM_MAX);
    Some(TrackProcess {
        name: raw.name.clone(),
        command,
        param_match: param_match(settings),
        weight: settings.weight(&rows::PROCESS_WEIGHT).unwrap_or_default(),
        quorum: if quorum_max == Some(0) { 0 } else { settings.count(&rows::QUORUM).unwrap_or(1) },
        quorum_max,
        terminate_delay: delay(&rows::TERMINATE_DELAY),
        fork_delay: delay(&rows::FORK_DELAY),
        full_command: flag(settings, &rows::FULL_COMMAND),
    })
}

fn param_match(settings: &Settings) -> ParamMatch {
    if settings.keyword(&rows::PARAM_MATCH).is_none() {
        return ParamMatch::None;
    }
    match settings.words(&rows::PARAM_MATCH).next().map(|word| word.value.as_str()) {
        Some("initial") => ParamMatch::Initial,
        Some("partial") => ParamMatch::Partial,
        Some(_) => ParamMatch::None,
        None => ParamMatch::Exact,
    }
}

fn file(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackFile> {
    let Some(file) = raw.settings.text(&rows::FILE) else {
        nothing(raw, &rows::FILE, out);
        return None;
    };
    let weight = raw.settings.weight(&rows::FILE_WEIGHT).unwrap_or_else(|| Weight { number: 1, ..Weight::default() });
    Some(TrackFile { name: raw.name.clone(), file: file.value.to_owned(), weight })
}

fn session(raw: &RawBlock, out: &mut Diagnostics) -> Option<BfdSession> {
    let settings = &raw.settings;
    let neighbor = settings.address(&rows::NEIGHBOR_IP).or_else(|| settings.address(&rows::NEIGHBOUR_IP));
    let Some(neighbor) = neighbor.map(|neighbor| neighbor.value) else {
        nothing(raw, &rows::NEIGHBOR_IP, out);
        return None;
    };
    let small = |row| settings.count(row).and_then(|count| u8::try_from(count).ok());
    let ttl = small(&rows::TTL).or_else(|| small(&rows::HOPLIMIT));
    Some(BfdSession {
        name: raw.name.clone(),
        neighbor,
        source: settings.address(&rows::SOURCE_IP).map(|source| source.value),
        min_rx: time(settings, &rows::MIN_RX, 10_000),
        min_tx: time(settings, &rows::MIN_TX, 10_000),
        idle_tx: time(settings, &rows::IDLE_TX, 1_000_000),
        multiplier: small(&rows::MULTIPLIER).unwrap_or(5),
        passive: flag(settings, &rows::PASSIVE),
        ttl: ttl.unwrap_or_else(|| if neighbor.is_ipv4() { 255 } else { 64 }),
        max_hops: settings.number(&rows::MAX_HOPS).and_then(|hops| i16::try_from(hops.value).ok()).unwrap_or(0),
        multihop: settings.switch(&rows::MULTIHOP).map_or(Switch::Off, |switch| switch.value),
        weight: settings.weight(&rows::BFD_WEIGHT).unwrap_or_default(),
    })
}

fn time(settings: &Settings, row: &KeywordDef, default_micros: u64) -> Duration {
    Duration::from_micros(settings.micros(row).map_or(default_micros, |time| time.value))
}

fn flag(settings: &Settings, row: &KeywordDef) -> Switch {
    if settings.keyword(row).is_some() { Switch::On } else { Switch::Off }
}
