//! Where things stand: blocks, definitions and names of a text, and statements by what they say.

use std::path::Path;

use conf::keyword::Block;
use conf::{FileId, MemoryLoader, Outline, Sources};

/// The outline of some files, the first being the main one. `|` is where something is asked, in the last file that has one.
struct Asked {
    sources: Sources,
    outline: Outline,
    file: FileId,
    at: usize,
}

fn ask(files: &[(&str, &str)]) -> Asked {
    let texts = files.iter().map(|(name, text)| (*name, text.replacen('|', "", 1)));
    let mut loader = texts.fold(MemoryLoader::default(), |loader, (name, text)| loader.with(name, text));
    let sources = conf::load(Path::new(files[0].0), &mut loader).diagnostics.sources().clone();
    let (name, text) = files.iter().rev().find(|(_, text)| text.contains('|')).unwrap();
    let file = sources.find(Path::new(name)).unwrap();
    Asked { outline: Outline::of(&sources), file, at: text.find('|').unwrap(), sources }
}

impl Asked {
    /// The keyword of the block, the words before, the word there.
    fn spot(&self) -> Option<(&str, Vec<&str>, &str)> {
        let spot = self.outline.spot(self.file, self.at)?;
        let words: Vec<&str> = spot.words.iter().map(|word| word.text.as_str()).collect();
        let opener = spot.opener.map_or("", |row| row.name);
        Some((opener, words[..spot.index].to_vec(), words.get(spot.index).copied().unwrap_or_default()))
    }

    fn definition(&self) -> Option<u32> {
        self.outline.definition(&self.sources, self.file, self.at).map(|name| name.span.start)
    }
}

#[test]
fn a_place_knows_its_block_and_its_words() {
    type Row<'a> = (&'a str, Option<(&'a str, Vec<&'a str>, &'a str)>);
    let rows: [Row<'_>; 14] = [
        ("|", Some(("", vec![], ""))),
        ("vrrp_i|", Some(("", vec![], "vrrp_i"))),
        ("vrrp_instance A {\n |\n}\n", Some(("vrrp_instance", vec![], ""))),
        ("vrrp_instance A {\n state |\n}\n", Some(("vrrp_instance", vec!["state"], ""))),
        ("vrrp_instance A {\n state MA|", Some(("vrrp_instance", vec!["state"], "MA"))),
        ("vrrp_instance A {\n state # |", None),
        ("vrrp_instance A\n{ track_script\n {\n c|", Some(("track_script", vec![], "c"))),
        ("vrrp_instance A { track_script {\n c\n } |}", Some(("vrrp_instance", vec![], ""))),
        ("vrrp_instance A {\n priority 1\n\nvrrp_script b {\n |", Some(("vrrp_script", vec![], ""))),
        ("vrrp_instance A {\n @x priority |\n", Some(("vrrp_instance", vec!["priority"], ""))),
        ("~SEQ(A, 2) vrrp_instance ${A} { priority |\n", Some(("vrrp_instance", vec!["priority"], ""))),
        ("$A=x \\\n priority |\n", Some(("", vec![], ""))),
        ("unknown {\n priority |\n", Some(("", vec!["priority"], ""))),
        ("\u{feff}global_defs {\r\n|\r\n", Some(("global_defs", vec![], ""))),
    ];
    for (text, expected) in rows {
        assert_eq!(ask(&[("main", text)]).spot(), expected, "{text}");
    }
}

#[test]
fn an_included_file_goes_on_in_the_block() {
    let part = "vrrp_script one {\n}\n";
    for include in ["include part", "$I=include part\n$I", "$D=part\ninclude $D"] {
        let main = format!("vrrp_instance A {{\n{include}\n track_script {{\n on\n }}\n}}\n{part}");
        let asked = ask(&[("main", &main), ("part", " priority 5\n track_script {\n o|\n }\n")]);
        assert_eq!(asked.spot(), Some(("track_script", vec![], "o")), "{include}");
        assert_eq!(asked.outline.names(Block::Script).map(|name| &name.text).collect::<Vec<_>>(), ["one"]);
        let spot = asked.outline.spot(asked.file, asked.at).unwrap();
        assert_eq!(spot.refers_to(), Some(Block::Script));
        let (main_file, used) = (asked.sources.find(Path::new("main")).unwrap(), main.find("\n track").unwrap() - 1);
        assert_eq!(asked.outline.included(main_file, used).collect::<Vec<_>>(), [asked.file]);
    }
}

#[test]
fn a_use_finds_the_last_definition_before_it() {
    let rows = [
        ("$A=1\n$A=2\nglobal_defs {\n router_id $|A\n}\n$A=3\n", Some(5)),
        ("router_id x${A|}\n$A=3\n", Some(16)),
        ("$A=1\nrouter_id $B|\n", None),
        ("$A=1\n# $A|\n", None),
        ("$A=1\nrouter_id |$A\n", Some(0)),
    ];
    for (text, start) in rows {
        assert_eq!(ask(&[("main", text)]).definition(), start, "{text}");
    }
    assert!(ask(&[("main", "$A=1\n$A=2\n|")]).outline.defined().starts_with(&["A", "_BANG"]));
}

#[test]
fn statements_and_entries_have_places_also_where_they_were_included_or_belong_to_the_group() {
    let main = "include more\nvrrp_sync_group G {\n group {\n A\n }\n track_interface {\n eth2\n }\n}\nvrrp_instance A \
                {\n interface eth0\n virtual_router_id 1\n priority 10\n priority 20\n track_interface {\n eth1 weight \
                5\n }\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n";
    let more = "global_defs {\n vrrp_lower_prio_no_advert\n}\n";
    let mut loader = MemoryLoader::default().with("main", main).with("more", more);
    let places = conf::load("main".as_ref(), &mut loader).places;
    let keyword = |keyword: &str, global: &str| places.keyword("A", keyword, global).map(|place| place.to_string());
    assert_eq!(keyword("priority", ""), Some("main:14".to_owned()), "the one that counts");
    let global = keyword("lower_prio_no_advert", "vrrp_lower_prio_no_advert");
    assert_eq!(global, Some("more:2".to_owned()));
    assert_eq!(keyword("nopreempt", ""), None);
    let entry = |name: &str| places.entry("A", Some("G"), "track_interface", name).map(|place| place.to_string());
    assert_eq!((entry("eth1"), entry("eth2")), (Some("main:16".to_owned()), Some("main:7".to_owned())));
    assert_eq!(places.router("A").unwrap().line, 10);
    assert_eq!(places.group("G").unwrap().line, 2);
}
