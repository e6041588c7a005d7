//! Memory that this process shares with another: words that both read and change by atomic operations, without a lock and
//! without a system call.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create};

use crate::sys::share::Mapping;

/// Shared words, all 0 at first. Only those that are touched take up memory. Clones are the same words.
#[derive(Clone, Debug)]
pub struct Words(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    mapping: Mapping,
    file: OwnedFd,
}

impl Words {
    /// Makes `count` words, of which nobody else knows until the descriptor is handed over.
    ///
    /// # Errors
    /// If there is no memory or no descriptor.
    pub fn new(name: &str, count: usize) -> io::Result<Self> {
        let file = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let length = count.checked_mul(size_of::<u64>()).and_then(|length| u64::try_from(length).ok());
        ftruncate(&file, length.ok_or(io::ErrorKind::InvalidInput)?)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Self::map(file, count)
    }

    /// The words behind a descriptor that was handed over.
    ///
    /// # Errors
    /// `InvalidData` if it is no such memory, or has not `count` words.
    pub fn from_file(file: OwnedFd, count: usize) -> io::Result<Self> {
        let is_sealed = fcntl_get_seals(&file).is_ok_and(|seals| seals.contains(SealFlags::SHRINK));
        let length = u64::try_from(fstat(&file)?.st_size).unwrap_or(0);
        if !is_sealed || Some(length) != u64::try_from(count * size_of::<u64>()).ok() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Self::map(file, count)
    }

    fn map(file: OwnedFd, count: usize) -> io::Result<Self> {
        let mapping = Mapping::of(file.as_fd(), count)?;
        Ok(Self(Arc::new(Shared { mapping, file })))
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[AtomicU64] {
        self.0.mapping.words()
    }

    /// One of them; of those behind the end the last.
    #[must_use]
    pub fn word(&self, place: usize) -> Word {
        Word { words: self.clone(), place: place.min(self.all().len().saturating_sub(1)) }
    }
}

impl AsFd for Words {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.file.as_fd()
    }
}

/// One shared word. What was written before a word was set is seen by whoever sees it set.
#[derive(Clone, Debug)]
pub struct Word {
    words: Words,
    place: usize,
}

impl Word {
    fn word(&self) -> &AtomicU64 {
        // `Words::word` saw to it that there is such a place.
        &self.words.all()[self.place]
    }

    /// What it holds.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.word().load(Ordering::SeqCst)
    }

    /// Sets it.
    pub fn set(&self, value: u64) {
        self.word().store(value, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_mapping_sets_the_other_shows() {
        let ours = Words::new("test", 1024).unwrap();
        let theirs = Words::from_file(ours.as_fd().try_clone_to_owned().unwrap(), 1024).unwrap();
        assert_eq!(theirs.all().len(), 1024);
        ours.word(1023).set(7);
        assert_eq!(theirs.word(1023).get(), 7);
        assert_eq!(theirs.word(5000).get(), 7, "the last");
        assert_eq!(theirs.word(0).get(), 0);
    }

    #[test]
    fn other_files_are_not_mapped() {
        let ours = Words::new("test", 1024).unwrap();
        let again = || ours.as_fd().try_clone_to_owned().unwrap();
        assert!(Words::from_file(again(), 1025).is_err(), "it is shorter");
        assert!(ftruncate(again(), 0).is_err(), "and stays as it is");
        let unsealed = memfd_create("test", MemfdFlags::CLOEXEC).unwrap();
        ftruncate(&unsealed, 8192).unwrap();
        assert!(Words::from_file(unsealed, 1024).is_err(), "it may shrink");
    }
}
