//! Changes of governance, made up.

use firebreak::{
    governance::{AssetParameters, BankParameters, Change, FundParameters},
    instructions::{AssetConfig, BankConfig, MarketConfig, OutflowConfig, PricePrograms},
};
use firebreak_replay::{listing, simulation::dice::Dice};
use solana_address::Address;

pub fn address(dice: &mut Dice) -> Address {
    let mut bytes = [0; 32];
    bytes.chunks_mut(8).for_each(|part| part.copy_from_slice(&dice.bits().to_le_bytes()));
    Address::new_from_array(bytes)
}

/// A change of every kind.
pub fn changes(dice: &mut Dice) -> Vec<Change> {
    let (listing, index) = (listing::listing("SOL", -2), dice.bits() as u8);
    let parameters =
        MarketConfig { tranche_target: dice.bits(), penalty_min_bps: dice.bits() as u32, ..listing.market };
    let config = AssetConfig { feed: address(dice).to_bytes(), initial_ratio_bps: dice.bits() as u32, ..listing.asset };
    let bank = BankConfig {
        asset: index,
        haircut_bps: dice.bits() as u32,
        liquidation_discount_bps: dice.bits() as u32,
        deposit_cap: dice.bits(),
        surcharge_bps: dice.bits() as u32,
        outflow: listing::OUTFLOW,
    };
    let asset = AssetParameters {
        calm_variance: dice.bits(),
        maintenance_ratio_bps: dice.bits() as u32,
        group: index,
        ..AssetParameters::of(&bytemuck::Zeroable::zeroed())
    };
    let (mint, key) = (address(dice), address(dice));
    let outflow = OutflowConfig { outflow_floor: dice.bits(), ..listing::OUTFLOW };
    let bank_parameters =
        BankParameters { deposit_cap: dice.bits(), haircut_bps: 1, discount_bps: 2, surcharge_bps: 3, outflow };
    let receivers = [(); 4].map(|()| address(dice));
    vec![
        Change::Asset { index, parameters: asset },
        Change::Market { index, parameters },
        Change::Bank { index, parameters: bank_parameters },
        Change::Fund { parameters: FundParameters { cooldown_seconds: dice.bits() as u32 } },
        Change::Delay { seconds: dice.bits() as u32 },
        Change::Authority { key },
        Change::Guardian { key },
        Change::AddAsset { config },
        Change::AddMarket { index, config: parameters },
        Change::AddCollateralBank { index, mint, config: bank },
        Change::SetPricePrograms { programs: PricePrograms { receivers, legacy_program: key } },
        Change::ResetBreaker { market: index },
    ]
}
