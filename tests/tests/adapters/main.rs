//! The oracle adapters against Pyth's own code and documentation: `oracle::read_primary` of the program on the host, with
//! accounts as the runtime lays them out.
//!
//! `pull` and `legacy` each have two halves. Bytes that Pyth's types wrote are read field by field; and no bytes at all,
//! valid ones damaged or plain noise, make an adapter panic or give a price that a second reader, written from Pyth's
//! documentation, would refuse.

mod legacy;
mod noise;
mod planted;
mod pull;
mod samples;
mod view;
