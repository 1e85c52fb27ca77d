//! What the holder of the keys tries, and what goes on around it.

use firebreak::{
    governance::{AssetParameters, BankParameters, Change, FundParameters, Parameters},
    instructions::{BankConfig, MarketConfig, PricePrograms},
};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    listing, pyth,
    simulation::{authority::Stage, dice::Dice},
    world::{Actor, keypair},
};

pub const NAMES_OF_ROLES: [&str; 2] = ["authority", "guardian"];

/// One operation.
#[derive(Clone, Debug)]
pub enum Move {
    Propose {
        change: Change,
    },
    /// `by` signs; `swapped` puts another market in the place of the proposal's.
    Execute {
        id: u64,
        by: Address,
        swapped: bool,
    },
    Veto {
        id: u64,
        by: Address,
    },
    /// A listing, a choice of oracles, a reset: with a proposal, or without.
    SetUp {
        change: Change,
        id: Option<u64>,
    },
    Seal,
    Trip {
        market: u8,
        level: u8,
        seconds: u32,
    },
    Trade {
        market: u8,
        buyer: usize,
        seller: usize,
        lots: u64,
    },
    Deposit {
        bank: u8,
        amount: u64,
    },
    Liquidate {
        market: u8,
        liquidator: usize,
        liquidatee: usize,
    },
    Price {
        asset: u8,
        per_lot: u64,
    },
    Time {
        seconds: i64,
    },
}

impl Move {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Propose { .. } => "propose",
            Self::Execute { .. } => "execute",
            Self::Veto { .. } => "veto",
            Self::SetUp { id: None, .. } => "set up directly",
            Self::SetUp { .. } => "set up by proposal",
            Self::Seal => "seal",
            Self::Trip { .. } => "trip",
            Self::Trade { .. } => "trade",
            Self::Deposit { .. } => "deposit",
            Self::Liquidate { .. } => "liquidate",
            Self::Price { .. } => "price",
            Self::Time { .. } => "time",
        }
    }
}

/// Who acts: the first three are users; the last one trades for whoever holds the keys.
pub struct Mover {
    pub(super) actors: Vec<Actor>,
    pub(super) mints: Vec<Keypair>,
}

pub(super) fn wallet(index: usize) -> Keypair {
    keypair(&format!("mallory's token {}", index + 1))
}

pub(super) fn bank(asset: u8) -> BankConfig {
    BankConfig {
        asset,
        haircut_bps: 1_000,
        liquidation_discount_bps: 200,
        deposit_cap: 1 << 41,
        outflow: crate::listing::OUTFLOW,
        surcharge_bps: 0,
    }
}

/// A set with a number or a few moved: by one, within a step, or anywhere.
fn stirred<P: Parameters>(dice: &mut Dice, set: &P) -> Option<P> {
    let mut values = set.values().as_ref().to_vec();
    for _ in 0..dice.pick(&[1, 1, 1, 2, 3]) {
        let at = dice.below(values.len() as u64) as usize;
        let value = values[at];
        values[at] = match dice.below(6) {
            0 => value.saturating_add(1),
            1 => value.saturating_sub(1),
            2 => dice.share(value, 80, 120),
            3 => dice.share(value, 66, 150),
            4 => dice.share(value, 0, 400),
            _ => dice.extreme(),
        };
    }
    P::of_values(&values)
}

impl Mover {
    pub fn draw(&self, dice: &mut Dice, world: &mut Stage) -> Move {
        let root = world.clearinghouse();
        let id = match root.proposal_count {
            0 => 0,
            count => count - 1 - dice.below(count.min(24)),
        };
        match dice.weighted(&[26, 26, 3, 14, 1, 3, 10, 8, 3, 6, 12]) {
            0 => Move::Propose { change: self.change(dice, world) },
            1 => {
                let keys = [root.authority, root.authority, root.authority, root.guardian, keypair("heir").pubkey()];
                Move::Execute { id, by: dice.pick(&keys), swapped: dice.chance(50) }
            }
            2 => Move::Veto { id, by: dice.pick(&[root.authority, root.guardian]) },
            3 => self.set_up_move(dice, world, id),
            4 => Move::Seal,
            5 => {
                let market = dice.pick(&[0, 1, 2, 255]);
                Move::Trip { market, level: dice.below(2) as u8, seconds: dice.below(700_000) as u32 }
            }
            6 => Move::Trade {
                market: dice.below(3) as u8,
                buyer: dice.below(4) as usize,
                seller: dice.below(4) as usize,
                lots: 1 + dice.below(3_000),
            },
            7 => {
                // The youngest token most of the time: it has a probation.
                let youngest = root.bank_count.min(4) - 1;
                let bank = if dice.chance(600) { youngest } else { dice.below(4) as u8 };
                let amount = if dice.chance(500) { dice.below(1 << 38) } else { dice.extreme() % (1 << 40) };
                Move::Deposit { bank, amount }
            }
            8 => Move::Liquidate {
                market: dice.below(3) as u8,
                liquidator: dice.below(4) as usize,
                liquidatee: dice.below(4) as usize,
            },
            9 => {
                let asset = dice.below(world.board().rows.len() as u64) as u8;
                let mark = world.row(asset).mark.max(1_000_000);
                Move::Price { asset, per_lot: dice.share(mark, 97, 103) }
            }
            _ => Move::Time { seconds: dice.pick(&[1, 60, 3_600, 6 * 3_600, 12 * 3_600, 20 * 3_600]) },
        }
    }

    /// By a proposal that is for it, by one that may not be, or by none.
    fn set_up_move(&self, dice: &mut Dice, world: &mut Stage, id: u64) -> Move {
        let is_set_up = |change: &Change| {
            matches!(
                change,
                Change::AddAsset { .. }
                    | Change::AddMarket { .. }
                    | Change::AddCollateralBank { .. }
                    | Change::SetPricePrograms { .. }
                    | Change::ResetBreaker { .. }
            )
        };
        let count = world.clearinghouse().proposal_count;
        for _ in 0..8 {
            let id = if count == 0 { 0 } else { count - 1 - dice.below(count.min(40)) };
            if count > 0 && dice.chance(850) {
                let change = world.proposed(id);
                if is_set_up(&change) {
                    return Move::SetUp { change, id: Some(id) };
                }
            }
        }
        let id = (count > 0 && dice.chance(500)).then_some(id);
        Move::SetUp { change: self.listing(dice, world), id }
    }

    fn change(&self, dice: &mut Dice, world: &mut Stage) -> Change {
        let index = dice.below(3) as u8;
        let heirs = [keypair("heir").pubkey(), world.guardian.pubkey(), world.authority.pubkey(), Address::default()];
        let drawn = match dice.below(16) {
            0..5 => stirred(dice, &AssetParameters::of(&world.row(index)))
                .map(|parameters| Change::Asset { index, parameters }),
            5..9 => stirred(dice, &MarketConfig::of(&world.market(index), &world.row(index)))
                .map(|parameters| Change::Market { index, parameters }),
            9..11 => {
                let index = dice.below(u64::from(world.clearinghouse().bank_count)) as u8;
                let bank = world.bank(index);
                let row = (!bank.is_quote()).then(|| world.row(bank.asset));
                stirred(dice, &BankParameters::of(&bank, row.as_ref()))
                    .map(|parameters| Change::Bank { index, parameters })
            }
            11 => {
                let days = dice.below(30) as u32;
                Some(Change::Fund { parameters: FundParameters { cooldown_seconds: days * 86_400 } })
            }
            12 if dice.chance(300) => Some(Change::Delay { seconds: 48 * 3_600 - 5 + dice.below(11) as u32 }),
            12 | 13 => Some(match dice.chance(500) {
                true => Change::Authority { key: dice.pick(&heirs) },
                false => Change::Guardian { key: dice.pick(&heirs) },
            }),
            _ => None,
        };
        drawn.unwrap_or_else(|| self.listing(dice, world))
    }

    fn listing(&self, dice: &mut Dice, world: &mut Stage) -> Change {
        let rows = world.board().rows.len() as u8;
        match dice.below(5) {
            0 => Change::AddAsset { config: listing::listing("NEW", dice.between(-3, 1) as i8).asset },
            1 => Change::AddMarket { index: rows.saturating_sub(1), config: listing::listing("NEW", 0).market },
            2 => {
                let index = world.clearinghouse().bank_count;
                let mint = self.mints[usize::from(index.clamp(1, 4)) - 1].pubkey();
                Change::AddCollateralBank { index, mint, config: bank(index.saturating_sub(1)) }
            }
            3 => {
                let mut receivers = [pyth::RECEIVER; 4];
                receivers[3] = Address::new_from_array([dice.below(4) as u8; 32]);
                Change::SetPricePrograms { programs: PricePrograms { receivers, legacy_program: pyth::LEGACY_PROGRAM } }
            }
            _ => Change::ResetBreaker { market: dice.pick(&[0, 1, 2, 255]) },
        }
    }
}
