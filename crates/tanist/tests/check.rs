//! The manners of `tanist check`: exit status, forms of output, what it takes, what it hides.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const GOOD: &str = "vrrp_instance VI_1 {\n state BACKUP\n interface eth0\n virtual_router_id 5\n priority 100\n \
                    virtual_ipaddress {\n 10.0.0.5/24\n }\n}\n";

/// Files in a directory of their own, and what `tanist check` says of them.
struct Ground(tempfile::TempDir);

impl Ground {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        Self(directory)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
        command.arg("check").args(arguments).current_dir(self.0.path()).env_remove("NO_COLOR");
        command
    }

    fn check(&self, arguments: &[&str]) -> (Option<i32>, String) {
        answer(&self.command(arguments).output().unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.check(&[&["--format", "json"], arguments].concat()).1).unwrap()
    }
}

fn answer(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// 0 clean, 1 findings, 2 the command line, 3 a file or the output.
#[test]
fn the_exit_status_says_what_kind_of_end_it_is() {
    let warned = GOOD.replace("priority 100", "advert_int 1.5");
    let ground = Ground::new(&[("good", GOOD), ("warned", &warned), ("bad", &GOOD.replace(" 5", " 500"))]);
    assert_eq!(ground.check(&["good"]), (Some(0), "1 router ready\n".to_owned()));
    assert_eq!(ground.check(&["warned"]).0, Some(1));
    assert_eq!(ground.check(&["bad"]).0, Some(1));
    assert_eq!(ground.check(&["--allow", "warnings", "warned"]), (Some(0), "1 router ready\n".to_owned()));
    assert_eq!(ground.check(&["--allow", "interval-rounded", "warned"]).0, Some(0));
    let (status, said) = ground.check(&["--deny", "warnings", "warned"]);
    assert!(status == Some(1) && said.starts_with("error[interval-rounded]"), "{said}");
    assert_eq!(ground.check(&["--deny", "no-such-code", "good"]).0, Some(2));
    assert_eq!(ground.check(&["--model", "--format", "short", "good"]).0, Some(2));
    assert_eq!(ground.check(&["-i", "a", "-i", "b", "good", "warned", "bad"]).0, Some(2));
    assert_eq!(ground.check(&["missing"]).0, Some(3));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = ground.command(&["good"]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(ended.code(), Some(3));
}

/// A file that was cut off does not pass, but for what is not for us.
#[test]
fn a_file_without_anything_to_run_is_a_finding() {
    let script = "vrrp_script a {\n script \"/usr/bin/true\"\n}\n";
    let balancer = "virtual_server 10.0.0.1 80 {\n}\n";
    let files = [("empty", ""), ("global", "global_defs {\n router_id a\n}\n"), ("part", script), ("lvs", balancer)];
    let ground = Ground::new(&files);
    for (file, status) in [("empty", 1), ("global", 1), ("part", 0), ("lvs", 0)] {
        let (ended, said) = ground.check(&[file]);
        assert_eq!(
            (ended, said.contains("warning[nothing-configured]")),
            (Some(status), status == 1),
            "{file}: {said}"
        );
    }
    let (_, said) = ground.check(&["missing"]);
    assert!(said.contains("missing cannot be read") && !said.contains('^'), "{said}");
}

/// Whatever leaves a router out is told where it stands and in the end.
#[test]
fn no_router_vanishes_silently() {
    let second = GOOD.replace("VI_1", "VI_2").replace(" 5", " 610").replace("10.0.0.610", "10.0.0.6");
    let ground = Ground::new(&[("two", &format!("{GOOD}{second}"))]);
    let (status, said) = ground.check(&["two"]);
    assert_eq!(status, Some(1));
    assert!(
        said.contains("the router VI_2 is left out") && said.ends_with("1 router ready, 1 left out: VI_2\n"),
        "{said}"
    );
    let answer = ground.json(&["two"]);
    assert_eq!(answer["files"][0]["routers"][1]["verdict"], "left-out");
    assert_eq!(answer["summary"]["routers_left_out"], 1);
    let (_, model) = ground.check(&["--model", "two"]);
    assert!(model.starts_with("# 1 router ready, 1 left out: VI_2\n"), "{model}");
}

/// What is missing here is told once in a file, is a finding only for whoever asks, and says which routers it costs.
#[test]
fn what_is_not_supported_is_told_once() {
    let more = [("VI_8", 8), ("VI_9", 9)].map(|(name, vrid)| {
        let addresses = format!("virtual_ipaddress {{\n 192.0.2.{vrid}/24 dev eth0\n }}");
        let peers = "unicast_src_ip 192.0.2.1\n unicast_peer {\n 192.0.2.2\n }";
        format!("vrrp_instance {name} {{\n virtual_router_id {vrid}\n vrf red\n {peers}\n {addresses}\n}}\n")
    });
    let ground = Ground::new(&[("unicast", &format!("{GOOD}{}", more.concat()))]);
    let (status, said) = ground.check(&["unicast"]);
    assert_eq!((status, said.matches("unsupported[").count()), (Some(0), 1), "{said}");
    assert!(said.contains("left out: VI_8, VI_9"), "{said}");
    assert!(said.contains("1 feature is not supported yet (--deny unsupported makes this an error)\n"), "{said}");
    assert!(said.contains("1 router ready, 2 not supported yet: VI_8, VI_9"), "{said}");
    let (status, said) = ground.check(&["--deny", "unsupported", "unicast"]);
    assert!(status == Some(1) && said.starts_with("error[unicast-without-interface]"), "{status:?} {said}");
}

/// A thousand pieces of advice do not hide one error.
#[test]
fn what_is_cut_is_the_mildest() {
    let many: String = (0..1100).map(|at| format!("vrrp_instance V{at} {{\n debug\n}}\n")).collect();
    let advised =
        many.replace("debug\n", "debug\n interface eth0\n virtual_router_id 1\n virtual_ipaddress { 10.0.0.1 }\n");
    let ground = Ground::new(&[("many", &format!("{advised}{}", GOOD.replace(" 5", " x")))]);
    let answer = ground.json(&["many"]);
    assert!(answer["omitted"].as_u64() > Some(0));
    let diagnostics = answer["diagnostics"].as_array().unwrap();
    assert!(diagnostics.iter().any(|it| it["severity"] == "error"), "none of {} is an error", diagnostics.len());
    assert_eq!(ground.check(&["many"]).0, Some(1));
    for format in ["human", "short", "github", "sarif"] {
        let (_, said) = ground.check(&["--format", format, "many"]);
        assert!(said.contains("more, none graver than these"), "{format} says nothing of what it omits");
    }
}

/// As with every linter; members of a LAN are compared if that is asked for.
#[test]
fn files_are_independent_unless_they_are_members_of_a_lan() {
    let ground = Ground::new(&[("a", GOOD), ("b", GOOD), ("bad", &GOOD.replace(" 5", " 610"))]);
    let (status, said) = ground.check(&["a", "b"]);
    assert_eq!((status, said.as_str()), (Some(0), "a: 1 router ready\nb: 1 router ready\n"));
    let (status, said) = ground.check(&["--lan", "a", "b"]);
    assert!(status == Some(1) && said.contains("lan-priorities"), "{said}");
    for other in ["missing", "bad"] {
        let (_, said) = ground.check(&["--lan", "a", other]);
        assert!(!said.contains("lan-alone"), "what {other} has is not known: {said}");
    }
}

#[test]
fn a_template_is_one_error() {
    for line in [
        "state {{ keepalived_state }}",
        "priority <%= @priority %>",
        "interface @INTERFACE@",
        "priority ${PRIO}\nstate ${STATE}",
    ] {
        let ground = Ground::new(&[("t", &GOOD.replace("priority 100", line))]);
        let (status, said) = ground.check(&["t"]);
        assert_eq!((status, said.matches("error[").count()), (Some(1), 1), "{said}");
        assert!(said.contains("error[template]") && !said.contains("warning["), "{said}");
    }
}

/// Every form names the place; none has colours.
#[test]
fn forms_for_programs_name_places() {
    let ground = Ground::new(&[("a,b.conf", &GOOD.replace("priority 100", "priority 1000"))]);
    let (_, short) = ground.check(&["--format", "short", "a,b.conf"]);
    assert!(short.starts_with("a,b.conf:5:11: error[out-of-range]: "), "{short}");
    let (_, github) = ground.check(&["--format", "github", "a,b.conf"]);
    assert!(
        github.starts_with("::error file=a%2Cb.conf,line=5,endLine=5,col=11,endColumn=15,title=out-of-range::"),
        "{github}"
    );
    let sarif: Value = serde_json::from_str(&ground.check(&["--format", "sarif", "a,b.conf"]).1).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "out-of-range");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!((&place["region"]["startLine"], &place["artifactLocation"]["uri"]), (&5.into(), &"a%2Cb.conf".into()));
    let label = &ground.json(&["a,b.conf"])["diagnostics"][0]["labels"][0];
    assert_eq!((&label["primary"], &label["line"], &label["column_utf16"]), (&true.into(), &5.into(), &11.into()));
}

#[test]
fn standard_input_has_the_name_it_is_given() {
    let ground = Ground::new(&[("part.conf", GOOD)]);
    let mut command = ground.command(&["--format", "short", "--stdin-filename", "main.conf", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"include part.conf\npriority 3\n").unwrap();
    let (status, said) = answer(&child.wait_with_output().unwrap());
    assert!(status == Some(1) && said.starts_with("main.conf:2:1: "), "{said}");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let ground = Ground::new(&[("bad", &GOOD.replace(" 5", " 610"))]);
    assert!(!ground.check(&["bad"]).1.contains('\u{1b}'), "not into a pipe");
    assert!(ground.check(&["--color", "always", "bad"]).1.contains('\u{1b}'));
    let (status, quiet) = ground.check(&["-q", "--allow", "out-of-range", "bad"]);
    assert_eq!((status, quiet.as_str()), (Some(0), ""));
}

#[test]
fn whoever_wants_it_quiet_gets_errors_and_warnings_and_no_summary() {
    let text = GOOD.replace("10.0.0.5/24", "10.0.0.5").replace("priority 100", "priority 1000");
    let ground = Ground::new(&[("a", &text)]);
    let (_, all) = ground.check(&["a"]);
    assert!(all.contains("advice[no-prefix-length]") && all.ends_with("1 router ready\n"), "{all}");
    let (status, quiet) = ground.check(&["--quiet", "a"]);
    assert_eq!(status, Some(1));
    assert!(quiet.contains("error[out-of-range]") && !quiet.contains("advice[") && !quiet.contains("ready"), "{quiet}");
}

/// `tanist check FILE | head -1`: more than a pipe holds is written to nobody.
#[test]
fn a_pipe_that_closes_changes_nothing() {
    let ground = Ground::new(&[("many", &"unknown_word\n".repeat(1000))]);
    for format in ["human", "short", "github", "json", "sarif"] {
        let mut command = ground.command(&["--format", format, "many"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(1), ""), "{format}");
    }
}

/// Everything in an answer is in the published schema, and what that requires is there.
#[test]
fn answers_keep_to_the_schema() {
    let schema = Command::new(env!("CARGO_BIN_EXE_tanist")).args(["manual", "schema"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let ground = Ground::new(&[("a", &GOOD.replace("priority 100", "prioritty 100"))]);
    let answer = ground.json(&["--model", "a"]);
    assert_eq!(answer["diagnostics"][0]["suggestion"]["replace"]["with"], "priority");
    conform(&answer, &schema, &schema, "answer");
    assert_eq!(answer["version"], 1);
}

/// Objects are compared; a schema without properties takes anything.
fn conform(value: &Value, schema: &Value, root: &Value, place: &str) {
    let named = |name: &str| &root["$defs"][name.trim_start_matches("#/$defs/")];
    let choices = schema["anyOf"].as_array().map_or(&[][..], Vec::as_slice);
    let schema = choices.iter().find(|choice| choice["type"] != "null" && !value.is_null()).unwrap_or(schema);
    let schema = schema["$ref"].as_str().map_or(schema, named);
    if let (Some(list), Some(items)) = (value.as_array(), schema.get("items")) {
        list.iter().for_each(|item| conform(item, items, root, place));
    }
    let (Some(members), Some(known)) = (value.as_object(), schema["properties"].as_object()) else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(members.contains_key(name.as_str().unwrap()), "{place} lacks {name}");
    }
    for (name, member) in members {
        let schema = known.get(name).unwrap_or_else(|| panic!("{place} has {name}, which the schema does not know"));
        conform(member, schema, root, &format!("{place}.{name}"));
    }
}

/// A file may hold what a terminal would obey.
#[test]
fn control_characters_are_shown_and_not_sent() {
    let ground = Ground::new(&[("c", "vrrp_instance \"A\u{1b}[31mB\" {\n interface eth0\n priority \u{1b}[31m\n}\n")]);
    for format in ["human", "short", "github", "json", "sarif"] {
        let (_, text) = ground.check(&["--color", "never", "--format", format, "c"]);
        assert!(!text.is_empty() && !text.contains('\u{1b}'), "{format}: {text:?}");
    }
}
