//! A directory that goes away with its owner.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A fresh directory under the system's temporary one, removed on drop.
///
/// The path is short: a unix socket's may not exceed about a hundred bytes.
#[derive(Debug)]
pub struct ScratchDir(PathBuf);

impl ScratchDir {
    /// Creates one. `name` is for the human who finds it while a test runs.
    #[must_use]
    pub fn new(name: &str) -> Self {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let dir = std::env::temp_dir().join(format!("{name}-{}-{number}", std::process::id()));
            match std::fs::create_dir(&dir) {
                Ok(()) => return Self(dir),
                // Left by a killed process that had our number; take the next one.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => panic!("cannot create {}: {error}", dir.display()),
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        // Nothing to report to: the directory is in the system's temporary one either way.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_exists_while_it_is_held() {
        let dir = ScratchDir::new("scratch-test");
        let path = dir.path().to_owned();
        std::fs::write(path.join("file"), "x").unwrap();
        assert_ne!(ScratchDir::new("scratch-test").path(), path);
        drop(dir);
        assert!(!path.exists());
    }
}
