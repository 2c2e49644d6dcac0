//! What several tasks do at once, and what must hold in whichever order they come to it.

pub mod connection;
pub mod flights;
