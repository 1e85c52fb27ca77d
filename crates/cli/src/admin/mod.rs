//! `firebreak admin`: governance.

use crate::{
    context::Context,
    failure::{Failure, Outcome},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub async fn run(_context: &Context, _arguments: Arguments) -> Outcome {
    Err(Failure::refused("This command is not there yet"))
}
