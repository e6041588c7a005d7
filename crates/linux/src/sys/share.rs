//! Memory that two processes share.

use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A mapping of a file that cannot shrink, as words. It lasts as long as the value.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<AtomicU64>,
    words: usize,
}

impl Mapping {
    /// Maps the first `words` words of `file`, which must be as long as that and sealed against shrinking: to touch a page
    /// beyond its end would kill this process.
    ///
    /// # Errors
    /// What `mmap(2)` says.
    #[expect(unsafe_code, reason = "there is no safe way to map memory")]
    pub(crate) fn of(file: BorrowedFd<'_>, words: usize) -> io::Result<Self> {
        let (access, shared) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::NORESERVE);
        // SAFETY: the kernel chooses the place, so that nothing which is mapped already is replaced.
        let start = unsafe { mmap(std::ptr::null_mut(), words * size_of::<u64>(), access, shared, file, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, words })
    }

    /// All words. Whoever shares them, in this process or another, changes them by atomic operations only.
    #[expect(unsafe_code, reason = "the mapping is a slice of words")]
    pub(crate) const fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping has `words` words from a page on, so they are aligned, and lasts as long as `self`. Any bits are a
        // valid `AtomicU64`, and nobody has a reference to them but as atomics.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.words) }
    }
}

impl Drop for Mapping {
    #[expect(unsafe_code, reason = "there is no safe way to unmap memory")]
    fn drop(&mut self) {
        // SAFETY: this is what `of` mapped, and every reference to it borrows `self`.
        unsafe { munmap(self.start.as_ptr().cast(), self.words * size_of::<u64>()) }.ok();
    }
}

// SAFETY: the mapping is not bound to the thread that made it.
#[expect(unsafe_code, reason = "a pointer is not `Send` by itself")]
unsafe impl Send for Mapping {}

// SAFETY: shared references give atomics only.
#[expect(unsafe_code, reason = "a pointer is not `Sync` by itself")]
unsafe impl Sync for Mapping {}
