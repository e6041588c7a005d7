//! Another program in the place of this one, in the same process: what it needs goes along by descriptors that stay open.

use std::ffi::CStr;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd, OwnedFd, RawFd};

use std::fs::File;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};

use crate::sys;

/// Executes `program` in the place of this one, with the arguments and the environment (`NAME=VALUE`) that are given. To be called by
/// the thread that the process began with. Signals are blocked then, until the program calls [`unblock_signals`].
///
/// Returns only if that fails: why.
#[must_use]
pub fn execute(program: &CStr, arguments: &[&CStr], environment: &[&CStr]) -> io::Error {
    sys::program::execute(program, arguments, environment)
}

/// Lets signals come that were kept waiting since [`execute`].
pub fn unblock_signals() {
    sys::program::unblock_signals();
}

/// Has a descriptor stay open in the program that is executed.
///
/// # Errors
/// There are none for a descriptor that is open.
pub fn pass_on(descriptor: impl AsFd) -> io::Result<()> {
    Ok(fcntl_setfd(descriptor, FdFlags::empty())?)
}

/// A descriptor that the program before has passed on under this number; to be asked for once.
///
/// # Errors
/// `EBADF` if there is none.
pub fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    if number <= 2 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    sys::program::inherited(number)
}

/// A file in memory that holds `bytes`, to be read from its beginning.
///
/// # Errors
/// If there is no memory or no descriptor.
pub fn memory_file(name: &str, bytes: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// A file in memory in which somebody may write so many bytes, and not one more: what is written beyond that is refused. What
/// is not written is zero.
///
/// # Errors
/// If there is no memory or no descriptor.
pub fn bounded_memory_file(name: &str, bytes: u64) -> io::Result<File> {
    let file = File::from(memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    file.set_len(bytes)?;
    fcntl_add_seals(&file, SealFlags::GROW | SealFlags::SHRINK)?;
    Ok(file)
}

/// What such a file holds, whoever has read it before.
///
/// # Errors
/// What reading says.
pub fn content(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::fd::IntoRawFd as _;

    use super::*;

    #[test]
    fn a_file_in_memory_is_read_as_often_as_wanted_also_under_its_number() {
        let file = memory_file("test", b"state").unwrap();
        let number = file.into_raw_fd();
        let mut again = File::from(inherited(number).unwrap());
        assert_eq!(
            (content(&mut again).unwrap(), content(&mut again).unwrap()),
            (b"state".to_vec(), b"state".to_vec())
        );
        assert!(inherited(1 << 20).is_err() && inherited(1).is_err());
    }

    #[test]
    fn a_program_that_is_not_there_leaves_this_one_running() {
        assert_eq!(execute(c"/nonexistent", &[c"x"], &[]).kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_bounded_file_takes_so_much_and_no_more() {
        let mut file = bounded_memory_file("test", 4).unwrap();
        file.write_all(b"ab").unwrap();
        assert_eq!(content(&mut file).unwrap(), b"ab\0\0");
        assert!(file.write_all(b"c").is_err());
    }
}
