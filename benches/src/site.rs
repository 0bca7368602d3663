//! The files that the servers under test serve.

/// One of them, by its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteFile {
    /// 1 KiB.
    Kib1,
    /// 64 KiB.
    Kib64,
    /// 1 MiB.
    Mib1,
}

impl SiteFile {
    /// All.
    pub const ALL: [Self; 3] = [Self::Kib1, Self::Kib64, Self::Mib1];

    /// What is asked for.
    pub fn path(self) -> &'static str {
        match self {
            Self::Kib1 => "/1k.html",
            Self::Kib64 => "/64k.html",
            Self::Mib1 => "/1m.html",
        }
    }

    /// What must come back: bytes that tell their own offset, so that a file sent shifted is not
    /// taken for the right one.
    pub fn body(self) -> Vec<u8> {
        let bytes = match self {
            Self::Kib1 => 1024,
            Self::Kib64 => 64 * 1024,
            Self::Mib1 => 1024 * 1024,
        };
        let lines = (0..).step_by(16).map(|offset| format!("{offset:015}\n"));
        lines.flat_map(String::into_bytes).take(bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_their_size_and_differ_everywhere() {
        assert_eq!(SiteFile::Kib1.body().len(), 1024);
        assert_eq!(SiteFile::Mib1.body().len(), 1024 * 1024);
        let lines = SiteFile::Kib64.body();
        let mut lines: Vec<&[u8]> = lines.chunks(16).collect();
        lines.dedup();
        assert_eq!(lines.len(), 4096);
    }
}
