use anchor_lang::{AnchorAccount, prelude::*, wincode};
use bytemuck::Zeroable;
use risk::{AssetParams, Direction};

use crate::{
    error::{FirebreakError, Named},
    governance::{AssetParameters, BankParameters, FundParameters, Parameters},
    instructions::{AssetConfig, BankConfig, MAX_DELAY_SECONDS, MAX_QUOTE_DEPOSIT_CAP, MarketConfig, PricePrograms},
    state::{AssetRow, BoardAccount, Breaker, CircuitBreaker, Clearinghouse, CollateralBank, InsuranceFund, Market},
};

/// A change, encoded, or what it replaces; padded with zeros.
pub type Payload = [u8; 256];

/// Everything that governance may do once the clearinghouse is sealed. `execute_proposal` carries out the first seven; the others are
/// used up by the instructions of their names.
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
pub enum Change {
    Asset { index: u8, parameters: AssetParameters },
    Market { index: u8, parameters: MarketConfig },
    Bank { index: u8, parameters: BankParameters },
    Fund { parameters: FundParameters },
    Delay { seconds: u32 },
    Authority { key: Address },
    Guardian { key: Address },
    AddAsset { config: AssetConfig },
    AddMarket { index: u8, config: MarketConfig },
    AddCollateralBank { index: u8, mint: Address, config: BankConfig },
    SetPricePrograms { programs: PricePrograms },
    ResetBreaker { market: u8 },
}

/// What a change is compared with: the root, the board, and the account it is about.
pub struct Scope<'a> {
    pub clearinghouse: &'a Account<Clearinghouse>,
    /// A reset needs none.
    pub board: Option<&'a BoardAccount>,
    pub target: Target<'a>,
    /// Unix seconds.
    pub now: i64,
}

/// The market, bank, fund or breaker that a change is about.
pub enum Target<'a> {
    None,
    View(AccountView),
    Breaker(&'a CircuitBreaker),
}

impl Scope<'_> {
    fn row(&self, index: u8) -> Result<&AssetRow> {
        let row = self.board.and_then(|board| board.get(index as usize));
        Ok(row.ok_or(FirebreakError::AssetMissing)?)
    }

    /// The account the change is about. Whether it belongs here is the caller's to compare.
    fn load<A: AnchorAccount>(&self) -> Result<A> {
        match self.target {
            Target::View(view) => Ok(A::load(view)?),
            _ => Err(ErrorCode::AccountNotEnoughKeys.into()),
        }
    }

    #[inline(never)]
    fn market(&self, index: u8) -> Result<Account<Market>> {
        let market = self.load::<Account<Market>>()?;
        self.require_own(&market.clearinghouse, market.index == index)?;
        Ok(market)
    }

    #[inline(never)]
    fn bank(&self, index: u8) -> Result<Account<CollateralBank>> {
        let bank = self.load::<Account<CollateralBank>>()?;
        self.require_own(&bank.clearinghouse, bank.index == index)?;
        Ok(bank)
    }

    #[inline(never)]
    fn fund(&self) -> Result<Account<InsuranceFund>> {
        let fund = self.load::<Account<InsuranceFund>>()?;
        self.require_own(&fund.clearinghouse, true)?;
        Ok(fund)
    }

    #[inline(never)]
    fn breaker(&self, market: u8) -> Result<Breaker> {
        if let Target::Breaker(breaker) = self.target {
            return Ok(*breaker.breaker(market)?);
        }
        let breaker = self.load::<Account<CircuitBreaker>>()?;
        self.require_own(&breaker.clearinghouse, true)?;
        Ok(*breaker.breaker(market)?)
    }

    fn require_own(&self, clearinghouse: &Address, is_named: bool) -> Result<()> {
        let is_own = self.clearinghouse.address() == clearinghouse && is_named;
        require!(is_own, FirebreakError::ClearinghouseMismatch);
        Ok(())
    }

    /// The row of a bank's token; the quote token has none.
    fn row_of(&self, bank: &CollateralBank) -> Option<&AssetRow> {
        self.row(bank.asset).ok().filter(|_| !bank.is_quote())
    }
}

/// Parameters as a proposal keeps those that it replaces: in the order of their rules, 64 bits each.
fn kept<P: Parameters>(parameters: &P) -> Result<Payload> {
    padded(bytemuck::cast_slice(parameters.values().as_ref()))
}

#[inline(never)]
fn padded(bytes: &[u8]) -> Result<Payload> {
    let mut payload = [0; 256];
    payload.get_mut(..bytes.len()).ok_or(FirebreakError::ArithmeticOverflow)?.copy_from_slice(bytes);
    Ok(payload)
}

/// The direction of a change of parameters. Once sealed, it is refused beyond a step, or out of bounds.
fn judge<P: Parameters>(old: &P, new: &P, is_sealed: bool) -> Result<Direction> {
    let (old, new) = (old.values(), new.values());
    if is_sealed {
        risk::require_step(P::RULES, old.as_ref(), new.as_ref()).named()?;
    }
    Ok(risk::direction(P::RULES, old.as_ref(), new.as_ref()))
}

/// What is listed keeps within the hard bounds once the clearinghouse is sealed.
fn judge_listing<P: Parameters>(new: &P, is_sealed: bool) -> Result<Direction> {
    if is_sealed {
        risk::require_bounds(P::RULES, new.values().as_ref()).named()?;
    }
    Ok(Direction::Loosening)
}

impl Change {
    #[inline(never)]
    pub fn encoded(&self) -> Result<Payload> {
        let bytes = wincode::config::serialize(self, anchor_lang::BORSH_CONFIG);
        padded(&bytes.map_err(|_| FirebreakError::ArithmeticOverflow)?)
    }

    /// Reads a change back. Error: it was never encoded.
    #[inline(never)]
    pub fn decoded(payload: &Payload) -> Result<Self> {
        let change = wincode::config::deserialize(payload, anchor_lang::BORSH_CONFIG);
        Ok(change.map_err(|_| FirebreakError::InvariantBroken)?)
    }

    /// What the change replaces, or depends on: where it differs when the change is to be carried out, the proposal is void.
    #[inline(never)]
    pub fn before(&self, scope: &Scope) -> Result<Payload> {
        match self {
            Self::Asset { index, .. } | Self::AddMarket { index, .. } => kept(&AssetParameters::of(scope.row(*index)?)),
            Self::Market { index, .. } => kept(&MarketConfig::of(&*scope.market(*index)?, scope.row(*index)?)),
            Self::Bank { index, .. } => {
                let bank = scope.bank(*index)?;
                kept(&BankParameters::of(&bank, scope.row_of(&bank)))
            }
            Self::Fund { .. } => kept(&FundParameters::of(&*scope.fund()?)),
            Self::Delay { .. } => padded(&scope.clearinghouse.delay_seconds.to_le_bytes()),
            Self::Authority { .. } | Self::Guardian { .. } => {
                padded(bytemuck::bytes_of(&[scope.clearinghouse.authority, scope.clearinghouse.guardian]))
            }
            Self::AddAsset { .. } => Ok([0; 256]),
            Self::AddCollateralBank { config, .. } => kept(&AssetParameters::of(scope.row(config.asset)?)),
            Self::SetPricePrograms { .. } => {
                let PricePrograms { receivers: [a, b, c, d], legacy_program } =
                    PricePrograms::of(scope.board.ok_or(ErrorCode::AccountNotEnoughKeys)?);
                padded(bytemuck::bytes_of(&[a, b, c, d, legacy_program]))
            }
            // With its count of trips: a reset prepared before a trip does not end it.
            Self::ResetBreaker { market } => padded(bytemuck::bytes_of(&scope.breaker(*market)?)),
        }
    }

    /// The direction of the change, as the program sees it. Refuses a set that is inconsistent, by itself or with what depends on it; and,
    /// once sealed, a step that is too large or a bound exceeded.
    #[inline(never)]
    pub fn direction(&self, scope: &Scope) -> Result<Direction> {
        let is_sealed = scope.clearinghouse.sealed == 1;
        match self {
            Self::Asset { index, parameters } => asset_direction(scope, *index, parameters, is_sealed),
            Self::Market { index, parameters } => {
                let market = scope.market(*index)?;
                validate_market(parameters, &market, scope.row(*index)?)?;
                judge(&MarketConfig::of(&market, scope.row(*index)?), parameters, is_sealed)
            }
            Self::Bank { index, parameters } => bank_direction(scope, *index, parameters, is_sealed),
            Self::Fund { parameters } => judge(&FundParameters::of(&*scope.fund()?), parameters, is_sealed),
            Self::Delay { seconds } => {
                require!(*seconds >= scope.clearinghouse.delay_seconds, FirebreakError::DelayNotRaised);
                require!(*seconds <= MAX_DELAY_SECONDS, FirebreakError::DurationOutOfRange);
                let is_same = *seconds == scope.clearinghouse.delay_seconds;
                Ok(if is_same { Direction::Unchanged } else { Direction::Tightening })
            }
            Self::Authority { key } | Self::Guardian { key } => {
                let Clearinghouse { authority, guardian, .. } = **scope.clearinghouse;
                let is_new = *key != authority && *key != guardian && *key != Address::default();
                require!(is_new, FirebreakError::KeysNotDistinct);
                Ok(Direction::Loosening)
            }
            Self::AddAsset { .. } | Self::AddMarket { .. } | Self::AddCollateralBank { .. } => {
                self.listing_direction(scope, is_sealed)
            }
            Self::SetPricePrograms { programs } => {
                programs.validate()?;
                Ok(Direction::Loosening)
            }
            Self::ResetBreaker { market } => {
                scope.breaker(*market)?;
                Ok(Direction::Loosening)
            }
        }
    }

    /// A listing always loosens; it keeps within the hard bounds once sealed.
    #[inline(never)]
    fn listing_direction(&self, scope: &Scope, is_sealed: bool) -> Result<Direction> {
        match self {
            Self::AddAsset { config } => {
                let row = config.row(scope.clearinghouse.quote_decimals)?;
                judge_listing(&AssetParameters::of(&row), is_sealed)
            }
            Self::AddMarket { index, config } => {
                let row = scope.row(*index)?;
                require!(row.has_market == 0, FirebreakError::MarketExists);
                validate_market(config, &Market::zeroed(), row)?;
                judge_listing(config, is_sealed)
            }
            Self::AddCollateralBank { config, .. } => {
                require!(scope.row(config.asset)?.collateral_bank == 0, FirebreakError::BankExists);
                let BankConfig { haircut_bps, liquidation_discount_bps, deposit_cap, surcharge_bps, outflow, .. } =
                    *config;
                let discount_bps = liquidation_discount_bps;
                let listed = BankParameters { deposit_cap, haircut_bps, discount_bps, surcharge_bps, outflow };
                judge_listing(&listed, is_sealed)
            }
            _ => Ok(Direction::Loosening),
        }
    }
}

#[inline(never)]
fn validate_market(parameters: &MarketConfig, market: &Market, row: &AssetRow) -> Result<()> {
    let (mut next, mut asset) = (*market, *row);
    parameters.apply(&mut next, &mut asset)?;
    risk::validate_breaker(&next.breaker_params(&asset)).named()?;
    risk::validate_market(&next.params(), &row.params()).named()?;
    // Against the ratio that is on its way up, too.
    let maintenance_ratio_bps = u64::from(row.maintenance_in_force(row.publish_time));
    Ok(risk::validate_market(&next.params(), &AssetParams { maintenance_ratio_bps, ..row.params() }).named()?)
}

/// The row as it would be, with its market's parameters against it.
#[inline(never)]
fn asset_direction(scope: &Scope, index: u8, parameters: &AssetParameters, is_sealed: bool) -> Result<Direction> {
    let row = scope.row(index)?;
    let mut next = *row;
    parameters.apply(&mut next);
    risk::validate_asset(&next.params()).named()?;
    risk::validate_volatility(&next.volatility_params(), u64::from(next.initial_ratio_bps)).named()?;
    if row.has_secondary() {
        let is_share = (1..risk::BPS_ONE).contains(&u64::from(next.agreement_bps));
        require!(is_share, FirebreakError::FeedInvalid);
        risk::validate_asset(&AssetParams { gate: next.feed_gates().secondary, ..next.params() }).named()?;
    } else {
        require!(next.agreement_bps == row.agreement_bps, FirebreakError::FeedInvalid);
    }
    if row.has_market == 1 {
        risk::validate_market(&scope.market(index)?.params(), &next.params()).named()?;
    }
    let is_raise = parameters.maintenance_ratio_bps > row.maintenance_ratio_bps;
    require_no_ramp(row, is_raise && is_sealed, scope.now)?;
    judge(&AssetParameters::of(row), parameters, is_sealed)
}

/// One raise at a time: a fifth in two days, and no faster by many small ones.
fn require_no_ramp(row: &AssetRow, is_raise: bool, now: i64) -> Result<()> {
    require!(!is_raise || !row.is_ramping(now), FirebreakError::RampUnderWay);
    Ok(())
}

#[inline(never)]
fn bank_direction(scope: &Scope, index: u8, parameters: &BankParameters, is_sealed: bool) -> Result<Direction> {
    let bank = scope.bank(index)?;
    let row = scope.row_of(&bank);
    let mut next = *bank;
    parameters.outflow.apply(&mut next)?;
    match row {
        Some(row) => {
            require_no_ramp(row, is_sealed && parameters.haircut_bps > row.haircut_bps, scope.now)?;
            // Against the haircut that is on its way up, too: what is sold now must not lower equity either.
            for haircut_bps in
                [parameters.haircut_bps, parameters.haircut_bps.min(row.haircut_in_force(row.publish_time))]
            {
                let terms = risk::CollateralTerms {
                    haircut_bps: u64::from(haircut_bps),
                    discount_bps: u64::from(parameters.discount_bps),
                    surcharge_bps: u64::from(parameters.surcharge_bps),
                    ..row.collateral()
                };
                risk::validate_collateral(&terms, parameters.deposit_cap).named()?;
            }
        }
        None => {
            let is_cap = (1..=MAX_QUOTE_DEPOSIT_CAP).contains(&parameters.deposit_cap);
            let is_quote = parameters.haircut_bps == 0 && parameters.discount_bps == 0 && parameters.surcharge_bps == 0;
            require!(is_cap && is_quote, FirebreakError::CapOutOfRange);
        }
    }
    judge(&BankParameters::of(&bank, row), parameters, is_sealed)
}
