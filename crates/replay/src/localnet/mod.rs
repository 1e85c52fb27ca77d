//! A local network to try everything on.
