//! Bugs of governance, played by writing accounts behind the program's back just before or after an instruction: to the checks they look
//! as if the program had them.

use firebreak::{
    governance::{AssetParameters, Change},
    state::{AssetRow, CollateralBank, MarginAccount, Proposal, ProposalState, RiskBoard},
};
use solana_address::Address;

use crate::{
    chain::Chain,
    simulation::authority::{Stage, check::Books, moves::Move},
    world::keypair,
};

const DELAY: i64 = 48 * 3_600;

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityFault {
    /// Nothing waits.
    DelaySkipped,
    /// Everything waits an hour less.
    DelayShort,
    /// Lowering an asset's gain weight is a loosening; the other way round, raising it is taken for a tightening.
    DirectionInverted,
    /// A proposal is executed although it was vetoed, or once more.
    EndIgnored,
    /// A proposal is executed although the parameters changed since.
    StateIgnored,
    /// A higher maintenance ratio counts at once.
    RampSkipped,
    /// A new token has its whole cap on the first day.
    ProbationSkipped,
    /// An execution takes an atom from a user.
    CashTaken,
    /// A parameter of another market is written along.
    WrongMarket,
}

impl AuthorityFault {
    pub const ALL: [Self; 9] = [
        Self::DelaySkipped,
        Self::DelayShort,
        Self::DirectionInverted,
        Self::EndIgnored,
        Self::StateIgnored,
        Self::RampSkipped,
        Self::ProbationSkipped,
        Self::CashTaken,
        Self::WrongMarket,
    ];

    pub(super) fn before(self, next: &Move, world: &mut Stage, books: &Books) {
        let (Move::Execute { id, .. } | Move::SetUp { id: Some(id), .. }) = next else { return };
        let at = world.at.proposal(*id);
        if world.chain.account(&at).is_none() {
            return;
        }
        let age = |proposal: &mut Proposal, seconds: i64| proposal.created_at -= seconds;
        match self {
            Self::DelaySkipped => edit(world, &at, |proposal| age(proposal, DELAY)),
            Self::DelayShort => edit(world, &at, |proposal| age(proposal, 3_600)),
            Self::DirectionInverted if raises_only_gain_weight(world, *id) => {
                edit(world, &at, |proposal| age(proposal, DELAY));
            }
            Self::EndIgnored if books.is_over(*id) => {
                edit::<Proposal>(world, &at, |proposal| proposal.state = ProposalState::Open as u8);
            }
            Self::StateIgnored => {
                let change = world.proposed(*id);
                if let Change::Asset { index, .. } = change {
                    let kept = AssetParameters::of(&world.row(index));
                    let values = firebreak::governance::Parameters::values(&kept);
                    edit::<Proposal>(world, &at, |proposal| {
                        for (bytes, value) in proposal.before.chunks_exact_mut(8).zip(values) {
                            bytes.copy_from_slice(&value.to_le_bytes());
                        }
                    });
                }
            }
            _ => {}
        }
    }

    pub(super) fn after(self, next: &Move, is_accepted: bool, world: &mut Stage) {
        if !is_accepted {
            return;
        }
        match (self, next) {
            (Self::RampSkipped, Move::Execute { id, .. }) => {
                if let Change::Asset { index, .. } = world.proposed(*id) {
                    edit_row(world, index, |row| row.ramp_started = 0);
                }
            }
            (Self::ProbationSkipped, Move::SetUp { change: Change::AddCollateralBank { index, .. }, .. }) => {
                let bank = world.at.bank(*index);
                edit::<CollateralBank>(world, &bank, |bank| bank.first_day_cap = 0);
            }
            (Self::CashTaken, Move::Execute { .. }) => {
                let alice = world.at.margin_account(&keypair_address("alice"), 0);
                edit::<MarginAccount>(world, &alice, |account| account.cash -= 1);
            }
            (Self::WrongMarket, Move::Execute { id, .. }) => {
                if let Change::Market { index, parameters } = world.proposed(*id) {
                    let other = (index + 1) % 3;
                    let mut row = world.row(other);
                    let market = world.at.market(other);
                    edit(world, &market, |market| parameters.apply(market, &mut row).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
}

fn keypair_address(name: &str) -> Address {
    solana_signer::Signer::pubkey(&keypair(name))
}

/// Whether all that a proposal does is to raise an asset's gain weight.
fn raises_only_gain_weight(world: &mut Stage, id: u64) -> bool {
    let Change::Asset { index, parameters } = world.proposed(id) else { return false };
    let now = AssetParameters::of(&world.row(index));
    parameters.gain_weight_bps > now.gain_weight_bps
        && AssetParameters { gain_weight_bps: now.gain_weight_bps, ..parameters } == now
}

fn edit<T: bytemuck::Pod>(world: &mut Stage, address: &Address, change: impl FnOnce(&mut T)) {
    let Some(mut account) = world.chain.account(address) else { return };
    let bytes = &mut account.data[8..8 + size_of::<T>()];
    let mut value: T = bytemuck::pod_read_unaligned(bytes);
    change(&mut value);
    bytes.copy_from_slice(bytemuck::bytes_of(&value));
    world.chain.set_account(*address, account);
}

fn edit_row(world: &mut Stage, asset: u8, change: impl FnOnce(&mut AssetRow)) {
    let (board, mut row) = (world.at.board, world.row(asset));
    change(&mut row);
    let Some(mut account) = world.chain.account(&board) else { return };
    let start = 8 + size_of::<RiskBoard>() + 8 + asset as usize * size_of::<AssetRow>();
    account.data[start..start + size_of::<AssetRow>()].copy_from_slice(bytemuck::bytes_of(&row));
    world.chain.set_account(board, account);
}
