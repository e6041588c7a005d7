//! tanist as keepalived: the command line, the answers and the pid files that other programs know.
//!
//! What a daemon does is not this room's: it makes the options of `tanist run` of keepalived's, and puts the daemon where
//! they say. Nothing here is a decision about virtual routers.

mod options;
mod signum;
mod start;
mod table;
mod test;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use self::options::Call;
use self::table::ROWS;
use crate::control::picture::VERSION;

/// The name by which callers ask for this.
const NAME: &str = "keepalived";
/// What programs look for behind it: which features were built in.
const FEATURES: &str = "\
Copyright(C) the authors of tanist, which takes the place of keepalived's VRRP half and holds none of its code

configure options: --enable-snmp --enable-snmp-rfc --enable-json --enable-bfd --enable-regex --enable-sha1

Config options:  NFTABLES VRRP VRRP_AUTH VRRP_VMAC SNMP_V3_FOR_V2 SNMP_VRRP SNMP_RFCV2 SNMP_RFCV3 JSON BFD OLD_CHKSUM_COMPAT SYSTEMD_NOTIFY
";

/// The arguments of a process that was called by keepalived's name.
pub(crate) fn called_as_keepalived(mut arguments: impl Iterator<Item = OsString>) -> Option<Vec<OsString>> {
    let called = arguments.next()?;
    (Path::new(&called).file_name()? == NAME).then(|| arguments.collect())
}

/// Does what keepalived does with these arguments.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    match options::read(arguments) {
        Ok(Call::Version) => said(io::stderr(), &format!("{VERSION}\n\n{FEATURES}")),
        Ok(Call::Help) => said(io::stderr(), &help()),
        Ok(Call::Signum(number)) => said(io::stdout(), &format!("{number}\n")),
        Ok(Call::Test(options, log)) => test::run(&options.absolute(), log.as_deref()),
        Ok(Call::Run(options)) => start::run(options.absolute()),
        Err(why) => {
            said(io::stderr(), &format!("{why}\n"));
            ExitCode::FAILURE
        }
    }
}

fn said(mut out: impl io::Write, text: &str) -> ExitCode {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn help() -> String {
    let rows = ROWS.iter().map(|row| format!("{}\n          {}\n", row.usage(), row.help));
    format!("Usage: keepalived [OPTION...]\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How Ansible, Puppet, neutron and the exporters of Prometheus read it (ecosystem §3.1).
    #[test]
    fn the_version_is_read_by_all_who_ask() {
        let text = format!("{VERSION}\n\n{FEATURES}");
        let first = text.lines().next().unwrap();
        // neutron: the second word, from its second character on.
        assert_eq!(first.split(' ').nth(1), Some("v2.2.7"));
        // Ansible: `[kK]eepalived v(.*) `, as far as it goes.
        let rest = first.strip_prefix("Keepalived v").unwrap();
        assert_eq!(rest.rsplit_once(' ').unwrap().0, "2.2.7");
        // Puppet: `Keepalived v(\d+\.\d+\.\d+) .+`.
        assert!(rest.strip_prefix("2.2.7 ").is_some_and(|more| !more.is_empty()));
        // The exporter: a second line, and a feature.
        assert!(text.lines().count() >= 2 && text.contains("--enable-json"));
    }

    #[test]
    fn keepalived_is_known_by_its_name_wherever_it_stands() {
        let asked = |words: &[&str]| called_as_keepalived(words.iter().map(OsString::from)).map(|it| it.len());
        assert_eq!(asked(&["/usr/sbin/keepalived", "-n"]), Some(1));
        assert_eq!(asked(&["keepalived"]), Some(0));
        assert_eq!(asked(&["/opt/keepalived/tanist", "run"]), None);
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn help_names_every_option() {
        for name in
            ["--use-file=FILE", "-t, --config-test[=LOG_FILE]", "--signum=SIGFUNC", "-M, --core-dump-pattern[=PATTERN]"]
        {
            assert!(help().contains(name), "{name}");
        }
    }
}
