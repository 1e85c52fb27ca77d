//! The TypeScript client and the valuation in WebAssembly against the Rust client and the program: the same bytes, the same figures (I-15).

mod builders;
mod chain;
mod changes;
mod corners;
mod governance;
mod layouts;
mod page;
mod stage;
mod valuation;
