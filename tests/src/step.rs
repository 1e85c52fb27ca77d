//! One action on a world: it either changes exactly what is named, or is refused and changes nothing.

use anchor_lang::Event;
use base64::{Engine, prelude::BASE64_STANDARD};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::{Chain, ERROR_OFFSET, Receipt, Refusal},
    world::World,
};
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;
use std::fmt::Debug;

use crate::snapshot::{Change, Snapshot};

type Sent = Result<Receipt, Box<Refusal>>;

/// A successful action.
pub struct Step {
    pub receipt: Receipt,
    pub changes: Vec<Change>,
}

/// Carries out an action that must succeed, and keep every ledger identity that held before.
pub fn succeeds<C: Chain>(world: &mut World<C>, action: impl FnOnce(&mut World<C>) -> Sent) -> Step {
    let (before, violations) = (Snapshot::of(world), world.violations());
    let receipt = action(world).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
    assert_eq!(world.violations(), violations, "the ledger identities");
    Step { receipt, changes: before.diff(&Snapshot::of(world)) }
}

impl Step {
    /// Exactly these fields changed, in exactly this way. What breakers only count (averages, flows, what happened of late) is looked at
    /// where one of them is named.
    pub fn changes_only(self, expected: impl IntoIterator<Item = Change>) -> Self {
        let mut expected: Vec<_> = expected.into_iter().filter(|change| change.before != change.after).collect();
        expected.sort();
        let names_counts = expected.iter().any(is_count);
        let changes: Vec<_> = self.changes.iter().filter(|change| names_counts || !is_count(change)).cloned().collect();
        assert_eq!(changes, expected, "changed (left) against expected (right)");
        self
    }

    /// Exactly these events were emitted, in this order.
    pub fn emits<const N: usize>(self, expected: [&dyn EventBytes; N]) -> Self {
        let expected: Vec<_> = expected.iter().map(|event| event.bytes()).collect();
        assert_eq!(events(&self.receipt), expected, "events (left) against expected (right)");
        self
    }
}

/// Whether a field is one of those that breakers count in.
fn is_count(change: &Change) -> bool {
    let field = change.at.rsplit('.').next().unwrap_or_default();
    let counts = ["outflow_at", "hour_outflow", "day_outflow", "slow_ema", "slowest_ema", "uncertain_since"];
    counts.contains(&field) || field.starts_with("recently_") || change.at.contains(".breaker.price_")
}

/// An event as it is logged.
pub trait EventBytes {
    fn bytes(&self) -> Vec<u8>;
}

impl<E: Event> EventBytes for E {
    fn bytes(&self) -> Vec<u8> {
        self.data()
    }
}

/// The data that a transaction logged.
pub fn events(receipt: &Receipt) -> Vec<Vec<u8>> {
    let data = receipt.logs.iter().filter_map(|line| line.strip_prefix("Program data: "));
    data.map(|text| BASE64_STANDARD.decode(text).expect("the runtime writes base64")).collect()
}

/// Why an action is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    Code(u32),
    Instruction(InstructionError),
    Transaction(TransactionError),
}

impl From<FirebreakError> for Cause {
    fn from(error: FirebreakError) -> Self {
        Self::Code(ERROR_OFFSET + error as u32)
    }
}

impl From<u32> for Cause {
    fn from(code: u32) -> Self {
        Self::Code(code)
    }
}

impl From<InstructionError> for Cause {
    fn from(error: InstructionError) -> Self {
        Self::Instruction(error)
    }
}

impl From<TransactionError> for Cause {
    fn from(error: TransactionError) -> Self {
        Self::Transaction(error)
    }
}

impl From<&Refusal> for Cause {
    fn from(refusal: &Refusal) -> Self {
        match &refusal.error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Self::Code(*code),
            TransactionError::InstructionError(_, error) => Self::Instruction(error.clone()),
            error => Self::Transaction(error.clone()),
        }
    }
}

/// I-13: the action is refused for this cause, and nothing changed.
#[track_caller]
pub fn assert_rejects<C: Chain>(
    world: &mut World<C>,
    cause: impl Into<Cause> + Debug,
    action: impl FnOnce(&mut World<C>) -> Sent,
) {
    let before = Snapshot::of(world);
    let wanted = format!("{cause:?}");
    match action(world) {
        Ok(receipt) => panic!("{wanted} expected, but it succeeded:\n{}", receipt.logs.join("\n")),
        Err(refusal) => assert_eq!(Cause::from(&*refusal), cause.into(), "{wanted} expected, got {refusal}"),
    }
    assert_eq!(before.diff(&Snapshot::of(world)), Vec::<Change>::new(), "a refusal changed something");
}
