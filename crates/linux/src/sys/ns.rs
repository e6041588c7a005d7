//! Namespaces: the one call that rustix marks unsafe.

use std::io;

use rustix::thread::UnshareFlags;

/// Namespaces that a thread can be given of its own. None of them unshares memory or the table of descriptors.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fresh {
    Network,
    NetworkAndMounts,
    UserNetworkAndMounts,
}

/// Gives the calling thread namespaces of its own.
///
/// # Errors
/// What `unshare(2)` says.
#[expect(unsafe_code, reason = "unshare can break assumptions of the rest of the process; see SAFETY")]
pub(crate) fn unshare(fresh: Fresh) -> io::Result<()> {
    let flags = match fresh {
        Fresh::Network => UnshareFlags::NEWNET,
        Fresh::NetworkAndMounts => UnshareFlags::NEWNET | UnshareFlags::NEWNS,
        Fresh::UserNetworkAndMounts => UnshareFlags::NEWUSER | UnshareFlags::NEWNET | UnshareFlags::NEWNS,
    };
    // SAFETY: unsafe only because CLONE_FILES would give this thread another table of descriptors, against I/O safety.
    // None of the flags above is that one or implies it.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}
