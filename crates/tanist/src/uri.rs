//! Files as URIs (RFC 8089).

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// What a path in a URI need not escape.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// The URI of an absolute path; of another a relative reference.
pub(crate) fn of_path(path: &Path) -> String {
    let escaped = percent_encode(path.as_os_str().as_bytes(), PATH);
    if path.is_absolute() { format!("file://{escaped}") } else { escaped.to_string() }
}

/// The path that a URI names on this machine. `None`: it is no file of it.
pub(crate) fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    path.starts_with('/').then(|| OsString::from_vec(percent_decode_str(path).collect()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_there_and_back() {
        let written = [("/etc/a b#é.conf", "file:///etc/a%20b%23%C3%A9.conf"), ("/x-_.~", "file:///x-_.~")];
        for (name, uri) in written {
            assert_eq!(of_path(Path::new(name)), uri);
            assert_eq!(path(uri).unwrap(), Path::new(name));
        }
        assert_eq!(of_path(Path::new("a b")), "a%20b");
        assert_eq!(path("file://localhost/a").unwrap(), Path::new("/a"));
        assert_eq!((path("untitled:Untitled-1"), path("file://other/a")), (None, None));
    }
}
