//! No message shows a password or a key, however it is written.

use conf::{MemoryLoader, RenderStyle};

/// A password, and a key that is long enough.
const PASSWORD: &str = "s3cr3tXY";
const KEY: &str = "k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3";

/// Where a line stands: inside `authentication { }` or `auth_hmac { }`, in a router, and outside of all blocks.
const PLACES: [&str; 4] = [
    "vrrp_instance A {\n interface eth0\n virtual_router_id 3\n authentication {\n auth_type PASS\n LINE\n }\n virtual_ipaddress {\n 10.0.0.5/24\n }\n}\n",
    "vrrp_instance A {\n interface eth0\n virtual_router_id 3\n auth_hmac {\n LINE\n }\n virtual_ipaddress {\n 10.0.0.5/24\n }\n}\n",
    "vrrp_instance A {\n interface eth0\n virtual_router_id 3\n LINE\n virtual_ipaddress {\n 10.0.0.5/24\n }\n}\n",
    "LINE\nvrrp_instance A {\n interface eth0\n virtual_router_id 3\n virtual_ipaddress {\n 10.0.0.5/24\n LINE\n }\n track_script {\n LINE\n }\n}\nglobal_defs {\n LINE\n}\n",
];

/// `%` is the password, `&` the key.
const LINES: [&str; 60] = [
    "auth_pass %",
    "auth_pass %;",
    "auth_pass=%",
    "auth_pass = %",
    "auth_pass:%",
    "auth_pass,%",
    "auth_pass;%",
    "auth_pass|%",
    "auth_pass[%]",
    "auth_pass{%}",
    "auth_pass { % }",
    "auth_pass%",
    "auth_pass #%",
    "auth_pass !%",
    "auth_pass $%",
    "auth_pass ${%}",
    "auth_pass <%>",
    "auth_pass @%@",
    "auth_pass {{ % }}",
    "auth_pass '%'",
    "auth_pass “%”",
    "auth_pass \"%",
    "auth_pass % %",
    "auth_pass \\%",
    "auth_pass %}%",
    "auth_pass x}%",
    "password %",
    "authpass %",
    "Auth_Pass %",
    "auth_pwd %",
    "auth_pss %",
    "vrrp_pass %",
    "hmac_key 1 &",
    "keys 1 &",
    "PASS=%",
    "VRRP_PW=%",
    "authentication PASS % {\n }",
    "authentication PASS %",
    "authentication % {\n auth_type PASS\n }",
    "passwd = %",
    "authentication-key %",
    "smtp_password %",
    "auth_pas %",
    "auth_passwd %",
    "auth_password %",
    "authentication auth_pas %",
    "authentication { auth_type PASS auth_pass % }",
    "authentication auth_type PASS auth_pass %",
    "auth_type PASS auth_pass %",
    "$PW=%\n auth_pass=$PW",
    "$PW %",
    "$PASSWORD:%\n auth_pass $PASSWORD",
    "key &",
    "key 1 &",
    "key=1 &",
    "key { 1 &; }",
    "key 1 { &; }",
    "key #1 &",
    "auth_hmac &",
    "auth_hmac 1 &",
];

fn said(text: &str) -> String {
    let mut loader = MemoryLoader::default().with("t.conf", text.to_owned());
    let diagnostics = conf::load("t.conf".as_ref(), &mut loader).diagnostics;
    let fixes = diagnostics.iter().filter_map(|it| it.suggestion.as_ref()?.replacement.as_ref());
    let fixes: String = fixes.map(|(_, with)| format!("write {with}\n")).collect();
    diagnostics.render(RenderStyle::Plain) + &fixes
}

#[test]
fn no_message_shows_one() {
    let mut shown = Vec::new();
    for place in PLACES {
        for line in LINES {
            let line = line.replace('%', PASSWORD).replace('&', KEY);
            let said = said(&place.replace("LINE", &line));
            if said.contains(PASSWORD) || said.contains(KEY) {
                shown.push(format!("{line}\n{said}"));
            }
        }
    }
    assert!(shown.is_empty(), "{} times\n{}", shown.len(), shown.join("\n----\n"));
}
