//! One thing that is not as it should be.

use core::fmt;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Good to know. Nothing breaks.
    Note,
    /// It works, and will not under load, when the memory is full or when a server fails.
    Warning,
    /// Caching does not work, or data is being lost, now.
    Critical,
}

impl Severity {
    /// As it is printed, and written to JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One thing that is not as it should be, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Its name, which does not change: the [module](crate::doctor) lists all.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The server that it is about. `None`: all of them together.
    pub node: Option<String>,
    /// What is the matter, and what comes of it.
    pub sentence: String,
    /// What to do, one thing a line. A line that begins with a command can be sent as it is; one that begins with "or" is instead of those
    /// before it.
    pub fix: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            severity,
            sentence,
            fix,
            ..
        } = self;
        write!(f, "{} {code}", severity.name())?;
        if let Some(node) = &self.node {
            write!(f, " at {node}")?;
        }
        write!(f, "\n    {sentence}")?;
        fix.lines()
            .try_for_each(|line| write!(f, "\n    fix: {line}"))
    }
}
