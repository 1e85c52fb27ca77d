//! What may happen, and a generator that makes most of it plausible and some of it hostile.

use risk::{AssetParams, GateParams, InsuranceCaps, LiquidationTerms, MarketParams, OraclePrice};

use crate::engine::Engine;

pub const ACCOUNTS: usize = 8;
pub const MARKETS: usize = 3;
/// These have deep pockets: makers, and liquidators.
const WHALES: usize = 2;

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Deposit { account: usize, amount: u64 },
    Withdraw { account: usize, amount: u64 },
    Publish { market: usize, reading: OraclePrice, pause: i64 },
    Trade { buyer: usize, seller: usize, market: usize, lots: i64, price: u64 },
    SettleLoss { account: usize, market: usize },
    SettleProfit { account: usize, market: usize },
    Liquidate { liquidator: usize, liquidatee: usize, market: usize, max_lots: u64, seconds: u64 },
    Insure { account: usize, market: usize },
    FillTranche { market: usize, amount: u64 },
    CollectFees { market: usize },
}

impl Operation {
    pub const KINDS: usize = 10;

    pub const fn kind(&self) -> usize {
        match self {
            Self::Deposit { .. } => 0,
            Self::Withdraw { .. } => 1,
            Self::Publish { .. } => 2,
            Self::Trade { .. } => 3,
            Self::SettleLoss { .. } => 4,
            Self::SettleProfit { .. } => 5,
            Self::Liquidate { .. } => 6,
            Self::Insure { .. } => 7,
            Self::FillTranche { .. } => 8,
            Self::CollectFees { .. } => 9,
        }
    }

    /// Whose accounts it may change.
    pub fn names_account(&self, index: usize) -> bool {
        match *self {
            Self::Deposit { account, .. }
            | Self::Withdraw { account, .. }
            | Self::SettleLoss { account, .. }
            | Self::SettleProfit { account, .. }
            | Self::Insure { account, .. } => account == index,
            Self::Trade { buyer, seller, .. } => buyer == index || seller == index,
            Self::Liquidate { liquidator, liquidatee, .. } => liquidator == index || liquidatee == index,
            Self::Publish { .. } | Self::FillTranche { .. } | Self::CollectFees { .. } => false,
        }
    }

    /// Which market it may change.
    pub const fn market(&self) -> Option<usize> {
        match *self {
            Self::Deposit { .. } | Self::Withdraw { .. } => None,
            Self::Publish { market, .. }
            | Self::Trade { market, .. }
            | Self::SettleLoss { market, .. }
            | Self::SettleProfit { market, .. }
            | Self::Liquidate { market, .. }
            | Self::Insure { market, .. }
            | Self::FillTranche { market, .. }
            | Self::CollectFees { market } => Some(market),
        }
    }
}

/// A market of round numbers, one whose every number rounds, and one of coarse lots that jumps.
pub fn parameters() -> [(AssetParams, MarketParams, i64); MARKETS] {
    let set =
        |ratios: (u64, u64, u64), scale, price, penalties: (u64, u64), shares: (u64, u64), lots: (u64, u64), ema| {
            let gate = GateParams {
                exponent: -8,
                scale,
                max_age_seconds: 60,
                confidence_fresh_bps: 150,
                confidence_max_bps: 500,
                ema_band_bps: 3_000,
                ema_seconds: ema,
            };
            let (maintenance, initial, weight) = ratios;
            let asset = AssetParams {
                initial_ratio_bps: initial,
                maintenance_ratio_bps: maintenance,
                gain_weight_bps: weight,
                fresh_age_seconds: 20,
                gate,
            };
            let terms = LiquidationTerms {
                penalty_min_bps: penalties.0,
                penalty_max_bps: penalties.1,
                penalty_ramp_bps_per_minute: 10,
                insurance_share_bps: shares.0,
                buffer_bps: shares.1,
                slice_lots: lots.0,
                min_position_lots: lots.1,
            };
            let market = MarketParams {
                terms,
                exit_slippage_bps: 50,
                price_band_bps: maintenance / 3,
                taker_fee_bps: 7,
                max_open_interest_lots: 1 << 28,
                liquidation_window_lots: lots.0 * 5,
                liquidation_window_seconds: 60,
                insurance: InsuranceCaps { per_event: 3_000_000_000, per_window: 9_000_000_000, window_seconds: 600 },
            };
            (asset, market, price)
        };
    [
        set((500, 1_000, 8_000), -4, 10_000_000_000, (50, 250), (3_000, 1_000), (2_000, 10), 60),
        set((333, 777, 3_333), -3, 1_234_567, (37, 211), (3_333, 1_234), (300_000, 77), 97),
        set((1_999, 3_001, 9_999), -5, 7_777_777_777_777, (1, 1_777), (9_700, 3_210), (7, 0), 301),
    ]
}

/// SplitMix64.
pub struct Generator(pub u64);

impl Generator {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn is_one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    fn account(&mut self) -> usize {
        self.below(ACCOUNTS as u64) as usize
    }

    /// Up to `most`, of every magnitude, sometimes 0 and sometimes all of it.
    fn amount(&mut self, most: u64) -> u64 {
        match self.below(10) {
            0 => most,
            1 => 0,
            2 => self.below(10).min(most),
            _ => self.below(most) >> self.below(6),
        }
    }

    pub fn operation(&mut self, engine: &Engine) -> Operation {
        let account = self.account();
        let market = self.below(MARKETS as u64) as usize;
        if self.is_one_in(3) {
            // Where an account below maintenance has a position, if there is one.
            let below = (0..ACCOUNTS).filter(|index| engine.is_liquidatable(*index));
            let positions = below.flat_map(|index| (0..MARKETS).map(move |market| (index, market)));
            let mut positions = positions.filter(|(index, market)| engine.accounts[*index].legs[*market].size != 0);
            if let Some((_, market)) = positions.next() {
                return self.liquidate(engine, market);
            }
        }
        match self.below(100) {
            0..6 => {
                let most = if account < WHALES { 1_000_000_000_000 } else { 60_000_000 };
                Operation::Deposit { account, amount: self.amount(most) }
            }
            6..11 => Operation::Withdraw { account, amount: self.amount(engine.accounts[account].cash + 2) },
            11..33 => self.publish(engine, market),
            33..71 => self.trade(engine, market),
            71..80 => Operation::SettleLoss { account, market },
            80..88 => Operation::SettleProfit { account, market },
            88..91 => self.liquidate(engine, market),
            91..95 => {
                let is_bankrupt = |index: &usize| engine.is_bankrupt(*index, market);
                let debtor = (0..ACCOUNTS).find(is_bankrupt).unwrap_or(account);
                // Its cash goes first.
                if self.is_one_in(3) || engine.accounts[debtor].cash == 0 {
                    Operation::Insure { account: debtor, market }
                } else {
                    Operation::SettleLoss { account: debtor, market }
                }
            }
            95 => Operation::FillTranche { market, amount: self.amount(5_000_000_000) },
            _ => Operation::CollectFees { market },
        }
    }

    /// A walk around the listing price with a jump now and then, and every fault that the gate must refuse.
    fn publish(&mut self, engine: &Engine, market: usize) -> Operation {
        let (asset, _, anchor) = parameters()[market];
        let now = engine.price(market).max(1);
        let width = if self.is_one_in(25) { 2_500 } else { 80 };
        let walked = now + now / 10_000 * (self.below(2 * width + 1) as i64 - width as i64) + self.below(3) as i64 - 1;
        let price = walked.clamp(anchor / 50, anchor.saturating_mul(50).min(1_000_000_000 * 100_000));
        let pause = if self.is_one_in(8) { 0 } else { 1 + self.below(6) as i64 };
        let confidence_bps = if self.is_one_in(12) { self.below(700) } else { self.below(40) };
        let mut reading = OraclePrice {
            price,
            confidence: price as u64 / 10_000 * confidence_bps,
            exponent: asset.gate.exponent,
            publish_time: engine.now + pause,
        };
        match self.below(60) {
            0 => reading.price = [0, -1, i64::MIN, i64::MAX, 1][self.below(5) as usize],
            1 => reading.exponent = [0, 1, -7, i32::MIN, i32::MAX][self.below(5) as usize],
            2 => reading.confidence = u64::MAX >> self.below(64),
            3 => reading.publish_time += [-70, -61, -60, 1, 2, 3][self.below(6) as usize],
            4 => reading.publish_time = [i64::MIN, i64::MAX, 0][self.below(3) as usize],
            _ => {}
        }
        Operation::Publish { market, reading, pause }
    }

    fn trade(&mut self, engine: &Engine, market: usize) -> Operation {
        let trader =
            if self.is_one_in(20) { self.account() } else { WHALES + self.below((ACCOUNTS - WHALES) as u64) as usize };
        let (mut buyer, mut seller) = (trader, self.below(WHALES as u64) as usize);
        if self.is_one_in(2) {
            (buyer, seller) = (seller, buyer);
        }
        let asset = engine.risk(market);
        let size = engine.accounts[trader].legs[market].size;
        // To the limit of its cash, or a reduction, or past zero.
        let affordable = engine.accounts[trader].cash / asset.initial_margin.max(1);
        let lots = match self.below(4) {
            1 if size != 0 => self.amount(size.unsigned_abs()),
            2 if size != 0 => self.amount(size.unsigned_abs().saturating_mul(2)),
            _ => affordable / 2 + self.amount(affordable / 2) + self.below(2),
        };
        if self.is_one_in(4) && (size > 0) == (trader == buyer) {
            (buyer, seller) = (seller, buyer);
        }
        let band = parameters()[market].1.price_band_bps * asset.mark / 10_000 + 1;
        let price = if self.is_one_in(3) { asset.mark + self.below(2 * band + 1) - band } else { asset.mark };
        Operation::Trade { buyer, seller, market, lots: lots.min(1 << 29) as i64, price }
    }

    fn liquidate(&mut self, engine: &Engine, market: usize) -> Operation {
        let start = self.account();
        let below = (0..ACCOUNTS)
            .map(|offset| (start + offset) % ACCOUNTS)
            .find(|index| engine.is_liquidatable(*index) && engine.accounts[*index].legs[market].size != 0);
        let liquidatee = below.unwrap_or(start);
        let liquidator = if self.is_one_in(5) { self.account() } else { self.below(WHALES as u64) as usize };
        let max_lots = if self.is_one_in(4) { self.amount(1_000) } else { u64::MAX };
        Operation::Liquidate { liquidator, liquidatee, market, max_lots, seconds: self.amount(4_000) }
    }
}
