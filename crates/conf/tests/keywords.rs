//! Rules that every row keeps.

use std::collections::HashSet;
use std::path::Path;

use conf::keyword::{self, Block, KeywordDef, Status};
use conf::{Code, Diagnostics, MemoryLoader, Severity};

const SECURITY: &str = "global_defs {\nenable_script_security\nscript_user root\n}\n";

/// Where mails go.
const MAIL: &str = "smtp_server 192.0.2.25\nnotification_email {\nadmin@example.com\n}\n";

/// A block with `base`, unless `statement` says that itself, and with `statement`.
fn inside(header: &str, statement: &str, base: &str) -> String {
    let keyword = |text: &str| text.split(' ').next().map(str::to_owned);
    let base = if keyword(base) == keyword(statement) { "" } else { base };
    format!("{header} {{\n{base}\n{statement}\n}}\n")
}

fn two_routers() -> String {
    let router = |name: &str, vrid: u8| {
        let addresses = format!("virtual_ipaddress {{\n192.0.2.{vrid}/24\n}}");
        format!("vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {vrid}\n{addresses}\n}}\n")
    };
    format!("{}{}", router("A", 1), router("B", 2))
}

/// A router with `statement` in it.
fn router(statement: &str) -> String {
    let named = |keyword: &str| statement.lines().any(|line| line.split(' ').next() == Some(keyword));
    let mut text = "vrrp_instance R {\n".to_owned();
    for (keyword, line) in [
        ("interface", "interface eth0"),
        ("virtual_router_id", "virtual_router_id 1"),
        ("virtual_ipaddress", "virtual_ipaddress {\n192.0.2.7/24\n}"),
    ] {
        if !named(keyword) {
            text.push_str(line);
            text.push('\n');
        }
    }
    format!("{text}{statement}\n}}\n")
}

/// A configuration around one statement of `row`.
fn around(row: &KeywordDef) -> String {
    let example = row.example();
    match row.block {
        Block::Top if row.name == "vrrp_sync_group" || row.name == "track_group" => {
            format!("{}{example}\n", two_routers())
        }
        Block::Top => example,
        Block::Global if row.name == "script_user" => {
            format!("global_defs {{\nenable_script_security\n{example}\n}}\n")
        }
        Block::Global if row.name == "dbus_service_name" => format!("global_defs {{\nenable_dbus\n{example}\n}}\n"),
        Block::Global if row.name == "tanist_status_page" => {
            format!("global_defs {{\ntanist_metrics 127.0.0.1 9165\n{example}\n}}\n")
        }
        Block::Global => format!("global_defs {{\n{example}\n}}\n"),
        Block::Instance if row.name == "unicast_src_ip" => {
            router(&format!("{example}\nunicast_peer {{\n192.0.2.9\n}}"))
        }
        Block::Instance if row.name == "unicast_peer" => router(&format!("unicast_src_ip 192.0.2.8\n{example}")),
        Block::Instance if row.name == "smtp_alert" => format!("global_defs {{\n{MAIL}}}\n{}", router(&example)),
        Block::Instance => {
            format!("global_defs {{\nenable_script_security\nscript_user root\n}}\n{}", router(&example))
        }
        Block::Hmac => {
            let base = [("key", "key 1 0123456789abcdef0123456789abcdef"), ("active_key", "active_key 1")];
            let base = base.iter().filter(|(keyword, _)| *keyword != row.name).map(|(_, line)| *line);
            router(&format!("auth_hmac {{\n{}\n{example}\n}}", base.collect::<Vec<_>>().join("\n")))
        }
        Block::SyncGroup => {
            let routers = two_routers();
            let mail = if row.name == "smtp_alert" { format!("global_defs {{\n{MAIL}}}\n") } else { String::new() };
            format!("{SECURITY}{mail}{routers}{}", inside("vrrp_sync_group G", &example, "group {\nA B\n}"))
        }
        Block::TrackGroup => format!("{}{}", two_routers(), inside("track_group G", &example, "")),
        Block::GarpGroup if row.name == "garp_interval" || row.name == "gna_interval" => {
            inside("garp_group", &example, "interface eth0")
        }
        Block::GarpGroup => inside("garp_group", &example, "garp_interval 0.1"),
        Block::Script => format!("{SECURITY}{}", inside("vrrp_script S", &example, "script \"/bin/true\"")),
        Block::Process => inside("vrrp_track_process P", &example, "process haproxy"),
        Block::File => inside("track_file F", &example, "file /run/priority"),
        Block::Bfd if row.name == "neighbour_ip" => inside("bfd_instance B", &example, ""),
        Block::Bfd => inside("bfd_instance B", &example, "neighbor_ip 192.0.2.9"),
        Block::Authentication => {
            let other = if row.name == "auth_type" { "auth_pass secret" } else { "auth_type PASS" };
            router(&format!("authentication {{\n{other}\n{example}\n}}"))
        }
    }
}

fn diagnostics(text: &str) -> Diagnostics {
    conf::load(Path::new("c"), &mut MemoryLoader::default().with("c", text)).diagnostics
}

/// A row that works has an example that draws no complaint; any other draws exactly its own.
#[test]
fn every_example_says_what_its_row_says() {
    for row in keyword::all() {
        let text = around(row);
        let said = diagnostics(&text);
        let said: Vec<Code> = said.iter().map(|diagnostic| diagnostic.code).filter(is_of_the_row).collect();
        let expected = match (row.status, row.name) {
            (Status::Works, _) => vec![],
            (Status::NoEffect(_), _) => vec![Code::NoEffect],
            (Status::Refused(_), _) => vec![Code::Declined],
            (Status::LoadBalancer, _) => vec![Code::LoadBalancer],
        };
        let expected = alone(row).map_or(expected, |code| vec![code]);
        assert_eq!(said, expected, "{}\n{text}", row.name);
    }
}

/// What is no keyword has examples without a mistake.
#[test]
fn every_example_of_the_language_can_be_read() {
    for phrase in conf::language::phrases().filter(|phrase| !phrase.example.is_empty()) {
        let text =
            if phrase.example.starts_with("virtual_") { router(phrase.example) } else { phrase.example.to_owned() };
        let said = diagnostics(&text);
        let said: Vec<Code> =
            said.iter().map(|said| said.code).filter(|code| code.severity() == Severity::Error).collect();
        assert_eq!(said, [], "{text}");
    }
}

/// The keywords that keepalived 2.4.3 knows, block by block (keepalived-config §7).
#[test]
fn no_keyword_is_missing() {
    // Those of ours are called so.
    let is_ours = |row: &KeywordDef| row.name.starts_with("tanist_");
    let rows = |block: Block| keyword::all().filter(move |row| row.block == block && !is_ours(row));
    let expected = [
        (Block::Global, 111 + 29),
        (Block::Instance, 70),
        (Block::Authentication, 2),
        (Block::Hmac, 5),
        (Block::SyncGroup, 15),
        (Block::Script, 8),
        (Block::Process, 9),
        (Block::File, 3),
        (Block::Bfd, 15),
        (Block::TrackGroup, 1),
        (Block::GarpGroup, 4),
    ];
    for (block, count) in expected {
        assert_eq!(rows(block).count(), count, "{}", block.name());
    }
    assert_eq!(rows(Block::Global).filter(|row| row.status == Status::LoadBalancer).count(), 29);
    let (blocks, statements): (Vec<&KeywordDef>, Vec<&KeywordDef>) = rows(Block::Top).partition(|row| row.form.opens());
    assert_eq!(statements.len(), 7);
    let load_balancer = blocks.iter().filter(|row| row.status == Status::LoadBalancer).count();
    assert_eq!((blocks.len() - load_balancer, load_balancer), (15, 4));
}

/// A block has one row for a word, and every row says what it is for.
#[test]
fn rows_are_unique_and_have_a_help_text() {
    let mut seen = HashSet::new();
    for row in keyword::all() {
        assert!(seen.insert((row.block, row.name)), "{} twice in {}", row.name, row.block.name());
        assert!(!row.help.is_empty() && !row.arguments().is_empty(), "{}", row.name);
        assert_eq!(keyword::find(row.block, row.name).map(|row| row.name), Some(row.name));
    }
}

/// Names of codes are stable words, and none is used twice.
#[test]
fn codes_have_names_of_their_own() {
    let names: HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(Code::ALL.iter().all(|code| !code.meaning().is_empty()));
}

/// What is left out of the list still counts for the verdict.
/// Of the router's own word, that of all routers, and none; nobody may find an address on the link that is looked for first.
#[test]
fn a_master_lingers_as_long_as_is_said() {
    let lingers = |global: &str, lines: &str, address: &str| {
        let text = format!(
            "global_defs {{\n vrrp_version 3\n {global}\n}}\nvrrp_instance A {{\n interface eth0\n virtual_router_id 1\n \
             {lines}\n virtual_ipaddress {{\n {address}\n }}\n}}\n"
        );
        let loaded = conf::load("c".as_ref(), &mut MemoryLoader::default().with("c", text));
        loaded.config.routers[0].parameters.switches.linger.as_millis()
    };
    let (plain, detected) = ("10.0.0.1/24", "2001:db8::1/64 -nodad");
    assert_eq!(lingers("", "", plain), 1000);
    assert_eq!(lingers("", "advert_int 0.1", plain), 100);
    assert_eq!(lingers("", "advert_int 10", plain), 3000);
    assert_eq!(lingers("tanist_linger 2.5", "", plain), 2500);
    assert_eq!(lingers("tanist_linger 2.5", "tanist_linger 0", plain), 0);
    assert_eq!(lingers("", "", detected), 0);
    assert_eq!(lingers("", "tanist_linger 1", detected), 1000);
}

#[test]
fn a_flood_of_diagnostics_is_counted() {
    let mut text = "word\n".repeat(3000);
    text.push_str("vrrp_instance R {\n}\n");
    let diagnostics = diagnostics(&text);
    assert_eq!(diagnostics.len() + diagnostics.left_out(), 3002);
    assert_eq!(diagnostics.worst(), Some(Severity::Error));
}

/// A main file that cannot be read is an error with a place, and no router.
#[test]
fn a_missing_main_file_is_said() {
    let loaded = conf::load(Path::new("/etc/none.conf"), &mut MemoryLoader::default());
    let codes: Vec<Code> = loaded.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [Code::FileUnreadable]);
    assert!(loaded.config.routers.is_empty());
    assert!(loaded.diagnostics.render(conf::RenderStyle::Plain).contains("/etc/none.conf"));
}

/// A file of a key that others may read is used, with a warning.
#[test]
fn a_key_file_that_others_may_read_is_said() {
    let block = "auth_hmac {\n key 1 file:keys/k\n active_key 1\n}";
    let codes = |loader: MemoryLoader| {
        let loaded = conf::load(Path::new("/etc/c"), &mut loader.with("/etc/c", router(block)));
        assert_eq!(loaded.config.routers.len(), 1);
        loaded.diagnostics.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>()
    };
    let loader = MemoryLoader::default().with("/etc/keys/k", "0123456789abcdef0123456789abcdef\n");
    assert_eq!(codes(loader.clone()), []);
    assert_eq!(codes(loader.shared("/etc/keys/k")), [Code::HmacKeyShared]);
}

/// What cannot be read or decided is an error at its line, and the rest is read.
#[test]
fn unreadable_includes_and_unknown_ids_are_said() {
    let text = "include *.inc\n@left global_defs {\n";
    let mut loader = MemoryLoader::default().with("c", text).with("a.inc", "").locked("a.inc").with("b.inc", "word");
    let diagnostics = conf::load(Path::new("c"), &mut loader).diagnostics;
    let codes: Vec<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [Code::IncludeUnreadable, Code::ConditionUnknown, Code::UnknownKeyword]);
    assert!(diagnostics.render(conf::RenderStyle::Plain).contains("a.inc cannot be read: Permission denied"));
}

/// keepalived does not start from an executable file.
#[test]
fn an_executable_main_file_is_said() {
    let mut loader = MemoryLoader::default().with("c", "global_defs {\n}\n").executable("c");
    let diagnostics = conf::load(Path::new("c"), &mut loader).diagnostics;
    let codes: Vec<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [Code::MainNotPlain]);
}

/// Editors count in UTF-16, people in characters, programs in bytes.
#[test]
fn places_are_counted_in_three_ways() {
    let said = diagnostics(
        "vrrp_instance \u{1f600} { # \u{e4}\n router-id a }\nvrrp_instance \u{1f601} { priority 100 x\n}\n",
    );
    let surplus = said.iter().find(|it| it.code == Code::SurplusWords).unwrap();
    let start = said.sources().start(surplus.span());
    assert_eq!((start.line, start.column, start.column_utf16), (3, 32, 33));
    assert_eq!(said.sources().file(surplus.span().file).text().as_bytes()[start.byte], b'x');
}

/// What is proposed for a word in a block: the replacement, or the advice.
fn proposal(header: &str, word: &str) -> String {
    let text = if header.is_empty() { format!("{word} x\n") } else { format!("{header} {{\n{word} x\n}}\n") };
    let found = diagnostics(&text);
    let suggestion = found.iter().find(|it| it.message.contains(word));
    let suggestion = suggestion.and_then(|it| it.suggestion.clone());
    suggestion.map_or_else(String::new, |it| it.replacement.map_or(it.text, |(_, with)| with))
}

/// Words that people wrote (corpus §4.2), without those that are keywords after all. Letters of other scripts are told of
/// before (`golden/mistakes/32-misspelt-cyrillic`).
#[test]
fn misspellings() {
    let cases = [
        ("", "net_namespae", "net_namespace"),
        ("", "static_route", "static_routes { x }"),
        ("", "vrrp_script_check_haproxy", "vrrp_script check_haproxy"),
        ("global_defs", "smtp_connect_time", "smtp_connect_timeout"),
        ("global_defs", "smtp_connection_timeout", "smtp_connect_timeout"),
        ("global_defs", "router-id", "router_id"),
        ("global_defs", "lvs_id", "router_id"),
        ("global_defs", "vrrp_mcast_group", "vrrp_mcast_group4"),
        ("global_defs", "vrrp_mcast_group1", "vrrp_mcast_group4"),
        ("global_defs", "script_security", "enable_script_security"),
        ("global_defs", "garp_master_delay", "vrrp_garp_master_delay"),
        ("vrrp_script S", "fail", "fall"),
        ("vrrp_script S", "script_security", "did you mean `enable_script_security` in `global_defs`?"),
        ("vrrp_instance R", "preemtp_delay", "preempt_delay"),
        ("vrrp_instance R", "prompte_secondaries", "promote_secondaries"),
        ("vrrp_instance R", "lvs_sync_daemon_inteface", "lvs_sync_daemon_interface"),
        ("vrrp_instance R", "sync_instance", "routers that change state together belong in a `vrrp_sync_group`"),
        ("vrrp_instance R", "start_delay", "did you mean `vrrp_startup_delay` in `global_defs`?"),
        ("vrrp_instance R", "vrrp_unicast_bind", "unicast_src_ip"),
        ("vrrp_instance R", "vrrp_unicast_peer", "unicast_peer { x }"),
        ("vrrp_instance R {\nauthentication", "autp_pass", "auth_pass"),
    ];
    for (header, word, right) in cases {
        assert_eq!(proposal(header, word), right, "{word}");
    }
}

/// What is said of a word that means nothing without another.
fn alone(row: &KeywordDef) -> Option<Code> {
    match row.name {
        "notify_fifo_script" | "vrrp_notify_fifo_script" => Some(Code::PipeReader),
        "vrrp_ipsets" => Some(Code::IpsetsAlone),
        "vrf" => Some(Code::UnicastVrf),
        "multihop" => Some(Code::BfdMultihop),
        "reload_repeat" => Some(Code::ReloadRepeat),
        "enable_traps" => Some(Code::NoEffect),
        _ => None,
    }
}

/// What is wrong with the row, and not with what stands around it.
fn is_of_the_row(code: &Code) -> bool {
    !matches!(code, Code::NeverTracked | Code::UndefinedTracker)
}

#[test]
fn words_are_offered_where_they_may_stand() {
    let rows: [(Block, &str, usize, &[&str]); 7] = [
        (Block::Instance, "state", 0, &["MASTER", "BACKUP"]),
        (Block::Instance, "state", 1, &[]),
        (Block::Instance, "tanist_vmac_mode", 0, &["bridge", "private"]),
        (Block::Instance, "lower_prio_no_advert", 0, &["on", "off"]),
        (Block::Instance, "use_ipvlan", 0, &["name", "bridge", "private", "vepa", "group"]),
        (Block::Instance, "garp_extra_if", 0, &["all"]),
        (Block::Instance, "garp_extra_if", 1, &[]),
    ];
    for (block, name, index, words) in rows {
        assert_eq!(keyword::find(block, name).unwrap().offered(index), words, "{name} {index}");
    }
    let list = |name| keyword::find(Block::Instance, name).unwrap();
    assert_eq!(list("track_script").entry_options(), ["weight", "reverse", "noreverse"]);
    assert_eq!(list("track_script").names(), Some(Block::Script));
    assert_eq!(keyword::find(Block::SyncGroup, "group").unwrap().names(), Some(Block::Instance));
    assert_eq!(keyword::find(Block::GarpGroup, "interfaces").unwrap().names(), None);
}
