//! Namespaces: the one call that rustix marks unsafe.

use std::io;

use rustix::thread::UnshareFlags;

/// Gives the calling thread namespaces of its own. Only flags that leave memory and descriptors shared may pass.
///
/// # Errors
/// What `unshare(2)` says.
#[expect(unsafe_code, reason = "unshare can break assumptions of the rest of the process; see SAFETY")]
pub(crate) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    debug_assert!(!flags.intersects(UnshareFlags::FILES | UnshareFlags::FS));
    // SAFETY: unsafe only because CLONE_FILES would give this thread another table of descriptors, against I/O safety.
    // The callers in `netns` pass namespaces of users, mounts and network, which leave the table shared.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}
