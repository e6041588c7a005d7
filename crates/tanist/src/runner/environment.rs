//! The environment of scripts: the daemon's, without what makes programs load or run code of somebody else, and without
//! what a service manager said to the daemon alone.
//!
//! Not a list of what is let through: keepalived hands its whole environment on, and people pass settings to their scripts
//! that way (an EnvironmentFile of the service, `docker run --env`).

use std::ffi::OsStr;

/// Withheld.
const NAMES: &[&str] = &[
    // Shells.
    "BASHOPTS",
    "BASH_ENV",
    "CDPATH",
    "ENV",
    "FPATH",
    "GLOBIGNORE",
    "IFS",
    "PROMPT_COMMAND",
    "PS4",
    "SHELLOPTS",
    "ZDOTDIR",
    // Other interpreters.
    "AWKLIBPATH",
    "AWKPATH",
    "CLASSPATH",
    "JAVA_TOOL_OPTIONS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "RUBYLIB",
    "RUBYOPT",
    "TCLLIBPATH",
    // The C library.
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "LOCPATH",
    "NLSPATH",
    "RESOLV_HOST_CONF",
    "RES_OPTIONS",
    // The service manager.
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_PIDFDID",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
];

/// Withheld with everything behind them.
const PREFIXES: &[&str] = &["BASH_FUNC_", "LD_", "LUA_", "MALLOC_", "PERL", "PYTHON", "_RLD"];

/// Whether scripts do not get this variable.
pub(super) fn is_withheld(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    NAMES.contains(&&*name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loads_code_is_withheld_and_settings_are_not() {
        let is_withheld = |name: &&str| is_withheld(OsStr::new(name));
        let code = ["IFS", "LD_PRELOAD", "LD_AUDIT", "BASH_ENV", "ENV", "PYTHONPATH", "PERL5LIB", "NOTIFY_SOCKET"];
        assert!(code.iter().all(is_withheld));
        assert!(is_withheld(&"BASH_FUNC_ls%%"));
        assert!(!["PATH", "HOME", "LANG", "LC_ALL", "TZ", "AWS_REGION", "ENVIRONMENT"].iter().any(is_withheld));
    }
}
