//! Names that iproute2's files on this machine have for numbers: of tables, scopes, protocols, TOS, realms, groups of
//! interfaces; and those that `/etc/protocols` has for IP protocols.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostics;
use crate::entry::{Builtin, Entry, Facts};
use crate::keyword::{Block, List, Row};
use crate::keywords::{global, instance, top};
use crate::loader::{FileKind, SourceLoader};
use crate::model::route::{Named, Realms, Route};
use crate::model::rule::Rule;
use crate::read::{Raw, Settings};
use crate::say;

/// Where iproute2 looks, unless `iproute_usr_dir` says otherwise.
const USR: [&str; 2] = ["/usr/share/iproute2", "/usr/lib/iproute2"];
/// The same for `iproute_etc_dir`.
const ETC: &str = "/etc/iproute2";
const IP_PROTOCOLS: &str = "/etc/protocols";

/// Numbers by kind and name.
#[derive(Debug, Default)]
pub(crate) struct NumberNames(HashMap<(Builtin, String), u32>);

/// A line of a configuration in which numbers may have names.
pub(crate) trait HasNames: Clone {
    /// What its line is called.
    const NOUN: &'static str;

    /// All its numbers that may have names.
    fn names(&mut self) -> Vec<(Builtin, &mut Named)>;
}

impl NumberNames {
    /// Reads the files, if the configuration names anything that stands in them.
    pub(crate) fn read(raw: &Raw, loader: &mut dyn SourceLoader) -> Self {
        let mut names = Self::default();
        let lists = raw.blocks(Block::Instance).iter().map(|block| &block.settings);
        let routers = lists.flat_map(|it| unknown(it, &instance::VIRTUAL_ROUTES, &instance::VIRTUAL_RULES));
        let mut kinds: Vec<Builtin> =
            routers.chain(unknown(&raw.top, &top::STATIC_ROUTES, &top::STATIC_RULES)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let dir = |row: &Row<String>| raw.global.get(row).map(|dir| PathBuf::from(dir.value));
        let usr = dir(&global::IPROUTE_USR_DIR).map_or_else(|| USR.map(PathBuf::from).to_vec(), |dir| vec![dir]);
        let etc = dir(&global::IPROUTE_ETC_DIR).unwrap_or_else(|| PathBuf::from(ETC));
        let dirs: Vec<PathBuf> = usr.into_iter().chain([etc]).collect();
        for kind in kinds {
            match kind.facts().file {
                Some(file) => dirs.iter().for_each(|dir| names.read_dir(kind, &dir.join(file), loader)),
                None => names.read_file(kind, Path::new(IP_PROTOCOLS), loader),
            }
        }
        names
    }

    /// A file, and those in the directory beside it. What is read later counts.
    fn read_dir(&mut self, kind: Builtin, file: &Path, loader: &mut dyn SourceLoader) {
        self.read_file(kind, file, loader);
        let pattern = format!("{}.d/*.conf", file.display());
        for more in loader.matching(file, &pattern).into_iter().flatten() {
            self.read_file(kind, &more, loader);
        }
    }

    /// What cannot be read has no names: which are missing is told where they are used.
    fn read_file(&mut self, kind: Builtin, path: &Path, loader: &mut dyn SourceLoader) {
        let bytes = match loader.kind(path) {
            FileKind::Plain | FileKind::Executable => loader.read(path).unwrap_or_default(),
            FileKind::Directory | FileKind::Special => return,
        };
        for line in String::from_utf8_lossy(&bytes).lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
            let (Some(first), Some(second)) = (words.next(), words.next()) else { continue };
            // `tcp 6 TCP`, where all names are for one number; iproute2 has `254 main`.
            let is_name_first = kind == Builtin::IpProtocol;
            let (name, number) = if is_name_first { (first, second) } else { (second, first) };
            let Some(number) = kind.number(number) else { continue };
            let more = words.filter(|_| is_name_first);
            self.0.extend([name].into_iter().chain(more).map(|name| ((kind, name.to_owned()), number)));
        }
    }

    /// The lines of a list whose names are known, with their numbers. The others are left out, which is reported.
    pub(crate) fn resolve<'a, T: HasNames + 'a>(
        &self,
        lines: impl Iterator<Item = &'a Entry<T>>,
        out: &mut Diagnostics,
    ) -> Vec<Entry<T>> {
        lines.filter_map(|line| self.resolve_line(line, out)).collect()
    }

    fn resolve_line<T: HasNames>(&self, line: &Entry<T>, out: &mut Diagnostics) -> Option<Entry<T>> {
        let mut entry = line.clone();
        for (kind, named) in entry.value.names() {
            let Named::Name { name, number } = named else { continue };
            *number = self.0.get(&(kind, name.clone())).copied();
            if number.is_none() {
                let Facts { noun, file, .. } = kind.facts();
                let file = file.map_or_else(|| IP_PROTOCOLS.to_owned(), |file| format!("{ETC}/{file}"));
                let place = out.sources.word_on_line(entry.span, name);
                return out.refuse(say::route_name(place, noun, name, T::NOUN, file));
            }
        }
        Some(entry)
    }
}

/// The kinds of names in the lists of a block.
fn unknown<'a>(
    settings: &'a Settings,
    routes: &'static Row<List<Route>>,
    rules: &'static Row<List<Rule>>,
) -> impl Iterator<Item = Builtin> + 'a {
    fn kinds<T: HasNames>(entry: &Entry<T>) -> Vec<Builtin> {
        let mut value = entry.value.clone();
        let named = value.names().into_iter();
        named.filter(|(_, named)| matches!(named, Named::Name { .. })).map(|(kind, _)| kind).collect()
    }
    settings.entries(routes).flat_map(kinds).chain(settings.entries(rules).flat_map(kinds))
}

impl HasNames for Route {
    const NOUN: &'static str = "route";

    fn names(&mut self) -> Vec<(Builtin, &mut Named)> {
        let own = [
            (Builtin::Table, &mut self.table),
            (Builtin::Tos, &mut self.tos),
            (Builtin::Protocol, &mut self.protocol),
            (Builtin::Scope, &mut self.scope),
        ];
        let mut names: Vec<_> = own.into_iter().filter_map(|(kind, named)| Some((kind, named.as_mut()?))).collect();
        for hop in self.nexthops.iter_mut().map(|nexthop| &mut nexthop.hop).chain([&mut self.hop]) {
            names.extend(realm_names(&mut hop.realms));
            names.extend(hop.encap.as_mut().and_then(|encap| encap.class_mut()).map(|class| (Builtin::Tos, class)));
        }
        names
    }
}

impl HasNames for Rule {
    const NOUN: &'static str = "rule";

    fn names(&mut self) -> Vec<(Builtin, &mut Named)> {
        use crate::model::rule::Action;
        let own = [(Builtin::Tos, &mut self.tos), (Builtin::IpProtocol, &mut self.ip_protocol)];
        let mut names: Vec<_> = own.into_iter().filter_map(|(kind, named)| Some((kind, named.as_mut()?))).collect();
        match &mut self.action {
            Action::Table(lookup) => {
                names.push((Builtin::Table, &mut lookup.table));
                names.extend(realm_names(&mut lookup.realms));
                names.extend(lookup.suppress_group.as_mut().map(|group| (Builtin::Group, group)));
            }
            Action::Goto(_)
            | Action::Nop
            | Action::Blackhole
            | Action::Unreachable
            | Action::Prohibit
            | Action::L3mdev => {}
        }
        names
    }
}

fn realm_names(realms: &mut Option<Realms>) -> impl Iterator<Item = (Builtin, &mut Named)> {
    let both = realms.iter_mut().flat_map(|realms| realms.from.iter_mut().chain([&mut realms.to]));
    both.map(|realm| (Builtin::Realm, realm))
}
