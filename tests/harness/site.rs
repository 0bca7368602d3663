//! A folder to serve: made for one test, gone after it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary folder with a `public` folder in it, which is what is served.
pub(crate) struct Site {
    home: TempDir,
}

impl Site {
    /// An empty site.
    pub(crate) fn new() -> Site {
        let home = TempDir::with_prefix("ringmain-").expect("a temporary folder");
        // Servers that run as another user must find their way in.
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
        fs::create_dir(home.path().join("public")).expect("the root");
        Site { home }
    }

    /// A site with `/index.html` and `/hello.txt`, for tests to which the files do not matter.
    pub(crate) fn small() -> Site {
        Site::new()
            .with("index.html", "<!doctype html><title>index</title>")
            .with("hello.txt", "Hello, world!")
    }

    /// The folder that is served.
    pub(crate) fn root(&self) -> PathBuf {
        self.home.path().join("public")
    }

    /// A place beside the root, which must never be served.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A path below the root.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root().join(name)
    }

    /// Adds a file.
    pub(crate) fn with(self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Site {
        self.write(name, content);
        self
    }

    /// Writes a file, making the folders on the way.
    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    /// Puts a whole new file in a file's place, as careful editors do.
    pub(crate) fn replace(&self, name: &str, content: impl AsRef<[u8]>) {
        let new = self.beside("replacement");
        fs::write(&new, content).expect("a file");
        fs::rename(new, self.path(name)).expect("rename");
    }
}

/// Bytes of which no two pieces are alike: what is missing, repeated or padded shows.
pub(crate) fn pattern(bytes: usize) -> Vec<u8> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut content = Vec::with_capacity(bytes + 8);
    while content.len() < bytes {
        // SplitMix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        content.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    content.truncate(bytes);
    content
}
