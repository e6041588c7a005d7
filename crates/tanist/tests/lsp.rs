//! `tanist lsp` and a client of it, as an editor is one.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take on a machine that has much to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor with one server.
struct Client {
    server: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    last_id: i64,
}

impl Client {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
        let mut server = command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, from) = channel();
        let mut out = BufReader::new(server.stdout.take().unwrap());
        thread::spawn(move || std::iter::from_fn(|| read(&mut out)).try_for_each(|message| sender.send(message)));
        Self { to: server.stdin.take(), server, from, last_id: 0 }
    }

    fn initialized() -> Self {
        let mut client = Self::start();
        let answer = client.ask("initialize", json!({ "capabilities": {}, "rootUri": null, "processId": null }));
        assert_eq!(answer["result"]["capabilities"]["hoverProvider"], true, "{answer}");
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16");
        client.tell("initialized", json!({}));
        client
    }

    fn write(&mut self, bytes: &[u8]) {
        self.to.as_mut().unwrap().write_all(bytes).unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.wait(|message| message["id"] == id)
    }

    /// The next message that is meant; others are passed over.
    fn wait(&self, is_meant: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.from.recv_timeout(PATIENCE).expect("an answer");
            if is_meant(&message) {
                return message;
            }
        }
    }

    /// Opens a file with this text, and waits for what is wrong with it.
    fn open(&mut self, uri: &str, text: &str) -> Vec<Value> {
        let document = json!({ "uri": uri, "languageId": "keepalived", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
        self.diagnostics(uri, &json!(1))
    }

    fn change(&mut self, uri: &str, version: i64, text: &str) -> Vec<Value> {
        let document = json!({ "uri": uri, "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
        self.diagnostics(uri, &json!(version))
    }

    fn diagnostics(&self, uri: &str, version: &Value) -> Vec<Value> {
        let message = self.wait(|it| {
            let params = &it["params"];
            it["method"] == "textDocument/publishDiagnostics" && params["uri"] == uri && params["version"] == *version
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// What is said of the place after the first `before` in a text.
    fn ask_at(&mut self, method: &str, uri: &str, text: &str, before: &str) -> Value {
        let position = after(text, before);
        let answer = self.ask(method, json!({ "textDocument": { "uri": uri }, "position": position }));
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    fn completed(&mut self, uri: &str, text: &str, before: &str) -> Vec<String> {
        let items = self.ask_at("textDocument/completion", uri, text, before);
        items.as_array().unwrap().iter().map(|item| item["textEdit"]["newText"].as_str().unwrap().to_owned()).collect()
    }

    /// Lets the server end, and says with which status.
    fn end(mut self) -> Option<i32> {
        assert_eq!(self.ask("shutdown", Value::Null)["result"], Value::Null);
        self.tell("exit", Value::Null);
        self.server.wait().unwrap().code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It has ended, but for a test that failed.
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

fn read(out: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        out.read_line(&mut line).ok().filter(|&bytes| bytes > 0)?;
        match line.trim().strip_prefix("Content-Length: ") {
            Some(value) => length = value.parse().ok()?,
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    out.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The position behind the first `before` in a text, as editors count.
fn after(text: &str, before: &str) -> Value {
    let at = text.find(before).unwrap_or_else(|| panic!("no {before:?} in {text:?}")) + before.len();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    json!({ "line": text[..at].matches('\n').count(), "character": text[start..at].encode_utf16().count() })
}

/// A text as it is after an edit.
fn edited(text: &str, edit: &Value) -> String {
    let byte = |position: &Value| {
        let number = |name: &str| usize::try_from(position[name].as_u64().unwrap()).unwrap();
        let start: usize = text.split_inclusive('\n').take(number("line")).map(str::len).sum();
        let units: Vec<u16> = text[start..].encode_utf16().take(number("character")).collect();
        start + String::from_utf16(&units).unwrap().len()
    };
    let range = byte(&edit["range"]["start"])..byte(&edit["range"]["end"]);
    let mut text = text.to_owned();
    text.replace_range(range, edit["newText"].as_str().unwrap());
    text
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|it| it["code"].as_str().unwrap()).collect()
}

fn file_uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

const MAIN: &str = "\
$NET=10.0.0
include conf.d/*.conf
vrrp_script chk_web {
 script \"/usr/bin/true\"
}
vrrp_instance VI_1 {
 state BACKUP
 interface eth0
 virtual_router_id 5
 priority 100
 track_script {
  chk_web weight 10
  chk_db
 }
 virtual_ipaddress {
  ${NET}.5/24
 }
}
vrrp_sync_group G {
 group {
  VI_1
 }
}
";

const PART: &str = "vrrp_script chk_db {\n script \"/usr/bin/true\"\n}\n";

/// Everything an editor asks for in the life of a file.
#[test]
fn a_file_is_checked_corrected_explained_and_completed() {
    let mut client = Client::initialized();
    let uri = "untitled:Untitled-1";
    // A character of two units of UTF-16 stands before the mistake.
    let broken = "vrrp_instance \"𝄞\" { prioritty 150\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n  10.0.0.5/24\n }\n}\n";
    let found = client.open(uri, broken);
    assert_eq!(codes(&found), ["unknown-keyword"]);
    assert_eq!(found[0]["range"], json!({ "start": after(broken, "{ "), "end": after(broken, "prioritty") }));
    assert_eq!((&found[0]["severity"], &found[0]["source"]), (&json!(1), &json!("tanist")));

    let range = json!({ "start": after(broken, "pri"), "end": after(broken, "pri") });
    let request = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": found } });
    let actions = client.ask("textDocument/codeAction", request)["result"].clone();
    assert_eq!(actions.as_array().unwrap().len(), 1, "{actions}");
    let right = edited(broken, &actions[0]["edit"]["changes"][uri][0]);
    assert!(right.contains("{ priority 150"), "{right}");
    assert_eq!(codes(&client.change(uri, 2, &right)), [""; 0]);

    let hover = client.ask_at("textDocument/hover", uri, &right, "prio");
    let said = hover["contents"]["value"].as_str().unwrap();
    assert!(said.contains("Who wins the election") && said.contains("vrrp_instance"), "{said}");
    assert_eq!(hover["range"]["end"], after(&right, "priority"));
    client.change(uri, 3, broken);
    let hover = client.ask_at("textDocument/hover", uri, broken, "prio");
    assert!(hover["contents"]["value"].as_str().unwrap().contains("unknown-keyword"), "{hover}");

    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(codes(&client.diagnostics(uri, &Value::Null)), [""; 0]);
    assert_eq!(client.ask_at("textDocument/hover", uri, broken, "prio"), Value::Null, "it is not open");
    assert_eq!(client.end(), Some(0));
}

#[test]
fn what_is_offered_depends_on_the_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("conf.d")).unwrap();
    fs::write(folder.path().join("conf.d/part.conf"), PART).unwrap();
    let uri = file_uri(&folder.path().join("main.conf"));
    let mut client = Client::initialized();
    client.open(&uri, MAIN);
    let mut offered = |line: &str, with: &str| {
        let text = MAIN.replacen(line, with, 1);
        client.change(&uri, 2, &text);
        client.completed(&uri, &text, with)
    };
    let keywords = offered(" priority 100", " prio");
    assert!(keywords.contains(&"priority".to_owned()) && keywords.contains(&"include".to_owned()), "{keywords:?}");
    assert!(!keywords.contains(&"script".to_owned()), "of another block");
    assert!(offered("$NET=10.0.0\n", "vrrp_").contains(&"vrrp_instance".to_owned()));
    assert_eq!(offered(" state BACKUP", " state "), ["MASTER", "BACKUP"]);
    assert_eq!(offered("  chk_web weight 10", "  chk_"), ["chk_db", "chk_web"]);
    assert_eq!(offered("  chk_web weight 10", "  chk_web "), ["weight", "reverse", "noreverse"]);
    assert_eq!(offered("  VI_1\n", "  V"), ["VI_1"]);
    assert!(offered("  ${NET}.5/24", "  10.0.0.5/24 s").contains(&"scope".to_owned()));
    assert!(offered("  ${NET}.5/24", "  ${N").contains(&"${NET}".to_owned()));
    assert!(offered("  ${NET}.5/24", "  $N").contains(&"$NET".to_owned()));
    assert_eq!(offered(" priority 100", " # prio"), [""; 0]);
    assert_eq!(client.end(), Some(0));
}

#[test]
fn definitions_are_found_in_all_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("conf.d")).unwrap();
    let part = folder.path().join("conf.d/part.conf");
    fs::write(&part, PART).unwrap();
    let (main, part) = (file_uri(&folder.path().join("main.conf")), file_uri(&part));
    let mut client = Client::initialized();
    client.open(&main, MAIN);
    let mut place = |before: &str| {
        let places = client.ask_at("textDocument/definition", &main, MAIN, before);
        let places = places.as_array().unwrap();
        places
            .iter()
            .map(|it| (it["uri"].as_str().unwrap().to_owned(), it["range"]["start"].clone()))
            .collect::<Vec<_>>()
    };
    let at = |uri: &str, line: u32, character: u32| [(uri.to_owned(), json!({ "line": line, "character": character }))];
    assert_eq!(place("${NE"), at(&main, 0, 0));
    assert_eq!(place("include conf"), at(&part, 0, 0));
    assert_eq!(place("  chk_w"), at(&main, 2, 12));
    assert_eq!(place("  chk_d"), at(&part, 0, 12));
    assert_eq!(place("group {\n  VI"), at(&main, 5, 14));
    assert_eq!(place(" priority 1"), []);
    assert_eq!(client.end(), Some(0));
}

/// What is in the editor counts, and a file that another includes is a part of that.
#[test]
fn an_included_file_is_checked_as_a_part_also_before_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("part.conf");
    fs::write(&part, " priority 100\n").unwrap();
    let (main, part) = (file_uri(&folder.path().join("main.conf")), file_uri(&part));
    let text = "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n include part.conf\n virtual_ipaddress {\n  10.0.0.5/24\n }\n}\n";
    let mut client = Client::initialized();
    assert_eq!(codes(&client.open(&main, text)), [""; 0]);
    assert_eq!(codes(&client.open(&part, " prio 100\n")), ["unknown-keyword"]);
    assert_eq!(codes(&client.change(&part, 2, " priority 1000\n")), ["out-of-range"]);
    assert_eq!(codes(&client.change(&part, 3, " priority 120\n")), [""; 0]);
    assert!(client.completed(&part, " priority 120\n", " priority").contains(&"priority".to_owned()));
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": main } }));
    // By itself it is no part of a block any more.
    assert_eq!(codes(&client.diagnostics(&part, &json!(3))), ["wrong-block"]);
    assert_eq!(client.end(), Some(0));
}

#[test]
fn what_makes_no_sense_is_answered_and_changes_nothing() {
    let mut client = Client::start();
    let code = |answer: &Value| answer["error"]["code"].as_i64();
    assert_eq!(code(&client.ask("textDocument/hover", json!({}))), Some(-32002));
    drop(client);
    let mut client = Client::initialized();
    client.write(b"Content-Length: 3\r\n\r\n{]}");
    client.write(b"no header\r\n\r\n");
    client.wait(|message| message["method"] == "window/logMessage");
    client.wait(|message| message["method"] == "window/logMessage");
    assert_eq!(code(&client.ask("textDocument/hover", json!({ "position": 5 }))), Some(-32602));
    assert_eq!(code(&client.ask("textDocument/rename", json!({}))), Some(-32601));
    assert_eq!(code(&client.ask("initialize", json!({}))), Some(-32600));
    client.tell("textDocument/didOpen", json!({ "textDocument": 5 }));
    client.wait(|message| message["method"] == "window/logMessage");
    let text = "include loop\nvrrp_instance {\n \"${A\n@x\n ~SEQ(";
    client.open("untitled:loop", text);
    // Places that are not there are the nearest that are.
    for method in ["hover", "completion", "definition"] {
        for line in 0..7 {
            for character in [0, 1, 3, 9, 4_000_000_000_u32] {
                let position = json!({ "line": line, "character": character });
                let params = json!({ "textDocument": { "uri": "untitled:loop" }, "position": position });
                let answer = client.ask(&format!("textDocument/{method}"), params);
                assert!(answer.get("error").is_none(), "{answer}");
            }
        }
    }
    assert_eq!(client.end(), Some(0));
}

#[test]
fn it_ends_when_the_editor_is_gone() {
    let mut client = Client::initialized();
    client.to.take();
    assert_eq!(client.server.wait().unwrap().code(), Some(1));
}
