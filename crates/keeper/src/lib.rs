//! The bot. Its pure half: which accounts are below maintenance, and what a keeper should send now.
//!
//! - [`columns`]: all margin accounts in columns per asset. After a price tick one pass finds all that may be below maintenance, and
//!   the program's own valuation says which are.
//! - [`decide`](decide::decide): from the decoded accounts to an ordered list of jobs, each with its instruction and a reason. It tries every
//!   job that touches an account on a copy with the program's own code (`firebreak::clearing`), so that a job is listed only where
//!   the program would carry it out, given the jobs before it.
//!
//! Time, prices and accounts are arguments; the same ones give the same jobs.
//!
//! The bot's other half is [`run`]: configuration, servers with failover, following by WebSocket, sending, fees, metrics. `docs/keeper.md` says
//! how to run one and what it does when something fails.

pub mod columns;
pub mod decide;
pub mod job;
pub mod population;
mod resolve;
pub mod run;
pub mod scan;
pub mod scene;
mod trial;
mod unwind;
mod upkeep;

pub use decide::decide;
pub use job::{Job, Stage, Target, Task};
pub use scene::{Own, Scene, Settings, Shard, Switches};
