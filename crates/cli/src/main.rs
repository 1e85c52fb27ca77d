//! `firebreak`: what people run.

fn main() {}
