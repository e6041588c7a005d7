//! The page, made of what the control API says. All text in it comes through [`Text`], for names are whatever somebody wrote.

use std::fmt::{self, Write as _};
use std::time::{Duration, SystemTime};

use crate::control::api::{EventLine, RouterStatus, Status};
use crate::wording;

/// Text, with what means something in HTML escaped.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}

pub(super) fn page(host: &str, at: SystemTime, status: &Status, events: &[EventLine]) -> String {
    let mut out = String::new();
    // Writing into a text cannot fail.
    write_page(&mut out, (host, at), status, events).ok();
    out
}

fn write_page(out: &mut String, (host, at): (&str, SystemTime), status: &Status, events: &[EventLine]) -> fmt::Result {
    let count = |state: &str| status.routers.iter().filter(|router| router.state == state).count();
    let (masters, backups, faults) = (count("MASTER"), count("BACKUP"), count("FAULT"));
    let (host, at) = (Text(host), wording::time(at));
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{masters} master, {backups} backup, \
         {faults} fault - {host}</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n<script src=\"/live.js\" defer></script>\n\
         <noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\n</head>\n<body>\n<header><h1>Virtual routers of {host}</h1>\n\
         <p id=\"live\">as of {}</p></header>\n<main>",
        at.get(..19).unwrap_or(&at).replace('T', " ")
    )?;
    write_wrong(out, status)?;
    writeln!(
        out,
        "<table>\n<tr><th>Router</th><th>State</th><th>for</th><th>Priority</th><th>Master heard</th><th>Interface</th>\
         <th>Addresses</th><th>Why</th></tr>"
    )?;
    status.routers.iter().try_for_each(|router| write_router(out, router))?;
    writeln!(out, "</table>")?;
    write_others(out, status)?;
    writeln!(out, "<h2>What happened last</h2>\n<table>\n<tr><th>UTC</th><th>Who</th><th>What</th></tr>")?;
    events.iter().try_for_each(|event| write_event(out, event))?;
    writeln!(
        out,
        "</table>\n<p>tanist {}, process {}</p>\n</main>\n</body>\n</html>",
        Text(&status.version),
        status.pid
    )
}

/// What somebody should look at.
fn write_wrong(out: &mut String, status: &Status) -> fmt::Result {
    let mut wrong =
        |name: &str, text: &str| writeln!(out, "<p class=\"wrong\"><b>{}</b>: {}</p>", Text(name), Text(text));
    for router in &status.routers {
        for other in &router.other_masters {
            let mac = router.heard.iter().find(|it| it.address == *other).and_then(|it| it.mac.as_deref());
            wrong(
                &router.name,
                &format!("two masters: {other} (MAC {}) claims to be master as well", mac.unwrap_or("not seen")),
            )?;
        }
        if router.redundancy == "lost" {
            wrong(&router.name, "redundancy lost: the master before has gone, and nobody was heard since")?;
        }
        if router.addresses_installed.as_deref() == Some("missing") {
            wrong(&router.name, "master, but the kernel has not all of its addresses")?;
        }
        if let Some(peer) = &router.not_heard {
            wrong(
                &router.name,
                &format!("adverts of {} ({}) do not reach the daemon: {}", peer.address, peer.mac, peer.why),
            )?;
        }
        if router.released {
            wrong(&router.name, "released: it stays away until `tanist hold`")?;
        }
    }
    if !status.left_out.is_empty() {
        wrong("left out", &format!("{} (`tanist check` says why)", status.left_out.join(", ")))?;
    }
    if let Some(why) = &status.unrecorded {
        wrong("what is to be undone is not on record", why)?;
    }
    if status.guardian.is_some_and(|guardian| guardian.pid.is_none()) {
        wrong("guardian", "none runs at the moment; it is started again")?;
    }
    Ok(())
}

fn write_router(out: &mut String, router: &RouterStatus) -> fmt::Result {
    let state = match &*router.state {
        known @ ("MASTER" | "BACKUP" | "FAULT") => known,
        _ => "",
    };
    let master = match (&router.master, state) {
        (_, "MASTER") => "itself".to_owned(),
        (Some(master), _) => format!("{} ({})", master.address, master.priority),
        (None, _) => "none".to_owned(),
    };
    let why = match &router.waiting_for[..] {
        [] => router.reason.clone(),
        waiting => format!("{}; waiting for: {}", router.reason, waiting.join(", ")),
    };
    writeln!(
        out,
        "<tr><td>{}</td><td class=\"state {state}\">{}</td><td class=\"nowrap\">{}</td><td>{}</td><td>{}</td>\
         <td class=\"nowrap\">{} VRID {}</td><td>{}</td><td>{}</td></tr>",
        Text(&router.name),
        Text(&router.state),
        time_in_words(router.since_seconds),
        router.priority,
        Text(&master),
        Text(&router.interface),
        router.vrid,
        router.addresses.iter().map(|address| Text(address).to_string()).collect::<Vec<_>>().join("<br>"),
        Text(&why),
    )
}

/// Sync groups and BFD sessions.
fn write_others(out: &mut String, status: &Status) -> fmt::Result {
    let groups =
        status.groups.iter().map(|it| ("sync group", &it.name, &it.state, it.since_seconds, it.routers.join(", ")));
    let sessions = status
        .bfd_sessions
        .iter()
        .map(|it| ("BFD session", &it.name, &it.state, it.since_seconds, it.neighbor.clone()));
    let mut others = groups.chain(sessions).peekable();
    if others.peek().is_none() {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>Sync groups and BFD sessions</h2>\n<table>\n<tr><th></th><th>Name</th><th>State</th><th>for</th><th>of</th></tr>"
    )?;
    for (kind, name, state, since, of) in others {
        let (name, state, since, of) = (Text(name), Text(state), time_in_words(since), Text(&of));
        writeln!(
            out,
            "<tr><td>{kind}</td><td>{name}</td><td class=\"state\">{state}</td><td>{since}</td><td>{of}</td></tr>"
        )?;
    }
    writeln!(out, "</table>")
}

fn write_event(out: &mut String, event: &EventLine) -> fmt::Result {
    let who = event.group.as_deref().unwrap_or(&event.router);
    let change = match (&event.from, &event.to) {
        (Some(from), Some(to)) => format!("{from} -> {to}: "),
        (None, Some(to)) => format!("{to}: "),
        (_, None) => String::new(),
    };
    let mac = event.mac.as_ref().map_or_else(String::new, |mac| format!(" (MAC {mac})"));
    let time = event.time.get(..19).unwrap_or(&event.time).replace('T', " ");
    let what = format!("{change}{}{mac}", event.reason);
    writeln!(out, "<tr><td class=\"nowrap\">{}</td><td>{}</td><td>{}</td></tr>", Text(&time), Text(who), Text(&what))
}

fn time_in_words(seconds: f64) -> String {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(name: &str, more: serde_json::Value) -> Status {
        let mut router = json!({
            "name": name, "interface": "eth0", "vrid": 51, "family": "IPv4", "version": 3, "state": "MASTER", "waiting_for": [],
            "reason": "no advert from <10.0.0.2>", "since_seconds": 75.2, "priority": 150, "base_priority": 150, "interval_ms": 1000,
            "down_interval_ms": 3414.0, "skew_ms": 414.0, "master": null, "source": null, "vmac": null,
            "addresses": ["10.0.0.1/24", "10.0.0.2/24"], "next": null, "physical_copies": false, "counters": {},
        });
        router.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let status = json!({ "version": "1", "pid": 7, "routers": [router], "left_out": ["B"], "no_such_router": {}, "unrecorded": "disk full" });
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn the_page_says_what_is_and_what_is_wrong() {
        let heard = json!([{ "address": "10.0.0.9", "mac": "02:00:00:00:00:09", "priority": 100, "seconds_ago": 0.1, "dropped": null }]);
        let status = status("VI_1", json!({ "other_masters": ["10.0.0.9"], "heard": heard, "redundancy": "lost" }));
        let event: EventLine = serde_json::from_value(json!({
            "number": 5, "time": "2026-11-28T10:00:00.000001Z", "router": "VI_1", "event": "transition", "from": "BACKUP",
            "to": "MASTER", "reason": "master left",
        }))
        .unwrap();
        let page = page("left", SystemTime::UNIX_EPOCH, &status, &[event]);
        for part in [
            "<title>1 master, 0 backup, 0 fault - left</title>",
            "<td class=\"state MASTER\">MASTER</td><td class=\"nowrap\">1m 15s</td><td>150</td><td>itself</td>",
            "10.0.0.1/24<br>10.0.0.2/24",
            "no advert from &lt;10.0.0.2&gt;",
            "two masters: 10.0.0.9 (MAC 02:00:00:00:00:09)",
            "redundancy lost",
            "<b>left out</b>: B",
            "on record</b>: disk full",
            "2026-11-28 10:00:00</td><td>VI_1</td><td>BACKUP -&gt; MASTER: master left",
            "as of 1970-01-01 00:00:00",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    }

    #[test]
    fn no_name_is_markup() {
        let evil = "</td><script>alert(1)</script>\"'&";
        let page = page(evil, SystemTime::UNIX_EPOCH, &status(evil, json!({ "interface": evil, "state": evil })), &[]);
        assert!(!page.contains("<script>") && page.matches("&lt;script&gt;").count() >= 4, "{page}");
    }
}
