//! One builder per instruction.

use anchor_lang::{InstructionData, ToAccountMetas};
use firebreak::{
    accounts, instruction,
    instructions::{AssetConfig, BankConfig, ClearinghouseConfig, MarketConfig, OfferTerms, PricePrograms},
};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::{
    Addresses, PROGRAM_ID, SYSTEM_PROGRAM,
    addresses::{offer, vault},
};

pub(crate) fn build(data: impl InstructionData, accounts: impl ToAccountMetas) -> Instruction {
    Instruction { program_id: PROGRAM_ID, accounts: accounts.to_account_metas(None), data: data.data() }
}

/// Where tokens of a bank come from or go to.
#[derive(Clone, Copy, Debug)]
pub struct TokenSide {
    pub mint: Address,
    pub token_program: Address,
    /// The user's token account.
    pub token_account: Address,
}

impl Addresses {
    pub fn create_clearinghouse(
        &self,
        id: u64,
        payer: Address,
        authority: Address,
        quote_mint: Address,
        token_program: Address,
        config: ClearinghouseConfig,
    ) -> Instruction {
        build(
            instruction::CreateClearinghouse { id, config },
            accounts::CreateClearinghouse {
                payer,
                authority,
                quote_mint,
                clearinghouse: self.clearinghouse,
                board: self.board,
                breaker: self.breaker,
                insurance_fund: self.insurance_fund,
                insurance_vault: self.insurance_vault,
                quote_bank: self.quote_bank,
                quote_vault: self.quote_vault,
                token_program,
                system_program: SYSTEM_PROGRAM,
            },
        )
    }

    pub fn set_price_programs(&self, authority: Address, programs: PricePrograms) -> Instruction {
        build(
            instruction::SetPricePrograms { programs },
            accounts::SetPricePrograms { authority, clearinghouse: self.clearinghouse, board: self.board },
        )
    }

    pub fn add_asset(&self, payer: Address, authority: Address, config: AssetConfig) -> Instruction {
        build(
            instruction::AddAsset { config },
            accounts::AddAsset {
                payer,
                authority,
                clearinghouse: self.clearinghouse,
                board: self.board,
                system_program: SYSTEM_PROGRAM,
            },
        )
    }

    pub fn add_market(&self, payer: Address, authority: Address, index: u8, config: MarketConfig) -> Instruction {
        build(
            instruction::AddMarket { index, config },
            accounts::AddMarket {
                payer,
                authority,
                clearinghouse: self.clearinghouse,
                board: self.board,
                market: self.market(index),
                system_program: SYSTEM_PROGRAM,
            },
        )
    }

    pub fn add_collateral_bank(
        &self,
        payer: Address,
        authority: Address,
        mint: Address,
        token_program: Address,
        index: u8,
        config: BankConfig,
    ) -> Instruction {
        let bank = self.bank(index);
        build(
            instruction::AddCollateralBank { index, config },
            accounts::AddCollateralBank {
                payer,
                authority,
                clearinghouse: self.clearinghouse,
                board: self.board,
                mint,
                bank,
                vault: vault(&bank),
                token_program,
                system_program: SYSTEM_PROGRAM,
            },
        )
    }

    pub fn create_margin_account(
        &self,
        payer: Address,
        owner: Address,
        sub_id: u16,
        capacity: u8,
        isolated_market: u8,
    ) -> Instruction {
        build(
            instruction::CreateMarginAccount { sub_id, capacity, isolated_market },
            accounts::CreateMarginAccount {
                payer,
                owner,
                board: self.board,
                margin_account: self.margin_account(&owner, sub_id),
                system_program: SYSTEM_PROGRAM,
            },
        )
    }

    pub fn deposit(
        &self,
        bank: u8,
        depositor: Address,
        margin_account: Address,
        tokens: TokenSide,
        amount: u64,
    ) -> Instruction {
        let bank = self.bank(bank);
        build(
            instruction::Deposit { amount },
            accounts::Deposit {
                depositor,
                margin_account,
                bank,
                source: tokens.token_account,
                vault: vault(&bank),
                mint: tokens.mint,
                token_program: tokens.token_program,
            },
        )
    }

    pub fn withdraw(
        &self,
        bank: u8,
        owner: Address,
        margin_account: Address,
        tokens: TokenSide,
        amount: u64,
    ) -> Instruction {
        let bank = self.bank(bank);
        build(
            instruction::Withdraw { amount },
            accounts::Withdraw {
                owner,
                margin_account,
                bank,
                board: self.board,
                breaker: self.breaker,
                destination: tokens.token_account,
                vault: vault(&bank),
                mint: tokens.mint,
                token_program: tokens.token_program,
            },
        )
    }

    pub fn fund_tranche(&self, market: u8, funder: Address, tokens: TokenSide, amount: u64) -> Instruction {
        build(
            instruction::FundTranche { amount },
            accounts::FundTranche {
                funder,
                market: self.market(market),
                bank: self.quote_bank,
                source: tokens.token_account,
                vault: self.quote_vault,
                mint: tokens.mint,
                token_program: tokens.token_program,
            },
        )
    }

    pub fn place_offer(
        &self,
        market: u8,
        payer: Address,
        trader: Address,
        maker: Address,
        terms: OfferTerms,
    ) -> Instruction {
        build(
            instruction::PlaceOffer { terms },
            accounts::PlaceOffer {
                payer,
                trader,
                maker,
                market: self.market(market),
                offer: offer(&maker, market),
                system_program: SYSTEM_PROGRAM,
            },
        )
    }

    /// Buys up to `lots` from the maker's offer, sells where negative.
    pub fn take_offer(
        &self,
        market: u8,
        trader: Address,
        taker: Address,
        maker: Address,
        lots: i64,
        limit_price: u64,
    ) -> Instruction {
        build(
            instruction::TakeOffer { lots, limit_price },
            accounts::TakeOffer {
                trader,
                taker,
                maker,
                offer: offer(&maker, market),
                market: self.market(market),
                board: self.board,
                breaker: self.breaker,
            },
        )
    }

    /// Each side is its trader (owner or delegate) and its margin account.
    pub fn trade(
        &self,
        market: u8,
        buyer: (Address, Address),
        seller: (Address, Address),
        lots: u64,
        price: u64,
    ) -> Instruction {
        build(
            instruction::Trade { lots, price },
            accounts::Trade {
                buyer_trader: buyer.0,
                seller_trader: seller.0,
                buyer: buyer.1,
                seller: seller.1,
                market: self.market(market),
                board: self.board,
                breaker: self.breaker,
            },
        )
    }

    /// Settles each of these accounts in one market.
    pub fn settle(&self, market: u8, margin_accounts: &[Address]) -> Instruction {
        let accounts = accounts::Settle { market: self.market(market), board: self.board, breaker: self.breaker };
        let mut settle = build(instruction::Settle {}, accounts);
        settle.accounts.extend(margin_accounts.iter().map(|account| AccountMeta::new(*account, false)));
        settle
    }

    pub fn auto_deleverage(&self, market: u8, bankrupt: Address) -> Instruction {
        build(
            instruction::AutoDeleverage {},
            accounts::AutoDeleverage {
                bankrupt,
                market: self.market(market),
                board: self.board,
                breaker: self.breaker,
            },
        )
    }

    /// Buys up to `amount` atoms of a bank's token from `seller` for at most `max_paid` quote atoms.
    pub fn liquidate_collateral(
        &self,
        bank: u8,
        trader: Address,
        buyer: Address,
        seller: Address,
        amount: u64,
        max_paid: u64,
    ) -> Instruction {
        build(
            instruction::LiquidateCollateral { amount, max_paid },
            accounts::LiquidateCollateral {
                trader,
                buyer,
                seller,
                bank: self.bank(bank),
                board: self.board,
                breaker: self.breaker,
            },
        )
    }

    /// `mint` and `token_program` are the quote token's.
    pub fn sweep_insurance(&self, market: u8, mint: Address, token_program: Address) -> Instruction {
        build(
            instruction::SweepInsurance {},
            accounts::SweepInsurance {
                market: self.market(market),
                board: self.board,
                fund: self.insurance_fund,
                insurance_vault: self.insurance_vault,
                bank: self.quote_bank,
                quote_vault: self.quote_vault,
                mint,
                token_program,
            },
        )
    }

    /// `markets` are all that there are, in order. Each has to be swept just before, best in the same transaction.
    pub fn stake_insurance(
        &self,
        payer: Address,
        staker: Address,
        tokens: TokenSide,
        amount: u64,
        markets: &[u8],
    ) -> Instruction {
        let accounts = accounts::Stake {
            payer,
            staker,
            fund: self.insurance_fund,
            stake: self.stake(&staker),
            board: self.board,
            bank: self.quote_bank,
            source: tokens.token_account,
            insurance_vault: self.insurance_vault,
            mint: tokens.mint,
            token_program: tokens.token_program,
            system_program: SYSTEM_PROGRAM,
        };
        let mut stake = build(instruction::Stake { amount }, accounts);
        stake.accounts.extend(markets.iter().map(|market| AccountMeta::new_readonly(self.market(*market), false)));
        stake
    }

    pub fn request_unstake(&self, staker: Address, shares: u64) -> Instruction {
        build(
            instruction::RequestUnstake { shares },
            accounts::RequestUnstake { staker, fund: self.insurance_fund, stake: self.stake(&staker) },
        )
    }

    /// `markets` are all that there are, in order, each swept just before, best in the same transaction. Their tranches pay what the
    /// fund's vault lacks.
    pub fn unstake(&self, staker: Address, tokens: TokenSide, markets: &[u8]) -> Instruction {
        let accounts = accounts::Unstake {
            staker,
            fund: self.insurance_fund,
            stake: self.stake(&staker),
            board: self.board,
            breaker: self.breaker,
            bank: self.quote_bank,
            quote_vault: self.quote_vault,
            insurance_vault: self.insurance_vault,
            destination: tokens.token_account,
            mint: tokens.mint,
            token_program: tokens.token_program,
        };
        let mut unstake = build(instruction::Unstake {}, accounts);
        unstake.accounts.extend(markets.iter().map(|market| AccountMeta::new(self.market(*market), false)));
        unstake
    }

    pub fn report_deficit(&self, bankrupt: Address) -> Instruction {
        build(
            instruction::ReportDeficit {},
            accounts::ReportDeficit { bankrupt, board: self.board, fund: self.insurance_fund },
        )
    }

    /// Sets a market's funding rate from the average premium of its fills.
    pub fn update_funding(&self, market: u8) -> Instruction {
        build(instruction::UpdateFunding {}, accounts::UpdateFunding { board: self.board, market: self.market(market) })
    }

    pub fn liquidate(
        &self,
        market: u8,
        trader: Address,
        liquidator: Address,
        liquidatee: Address,
        max_lots: u64,
        limit_price: u64,
    ) -> Instruction {
        build(
            instruction::Liquidate { max_lots, limit_price },
            accounts::Liquidate {
                trader,
                liquidator,
                liquidatee,
                market: self.market(market),
                board: self.board,
                breaker: self.breaker,
            },
        )
    }

    /// One oracle account per asset.
    /// An asset and the account of its feed; one with two feeds is named twice in a row, the primary first.
    pub fn refresh_prices(&self, feeds: &[(u8, Address)]) -> Instruction {
        let mut assets: Vec<u8> = feeds.iter().map(|(asset, _)| *asset).collect();
        assets.dedup();
        let mut instruction =
            build(instruction::RefreshPrices { assets: &assets }, accounts::RefreshPrices { board: self.board });
        instruction.accounts.extend(feeds.iter().map(|(_, feed)| AccountMeta::new_readonly(*feed, false)));
        instruction
    }

    /// `market` 255 is the global breaker.
    pub fn poke(&self, market: u8) -> Instruction {
        build(instruction::Poke {}, accounts::Poke { market: self.market(market), board: self.board })
    }

    pub fn trip_breaker(&self, signer: Address, market: u8, level: u8, seconds: u32, reason: u8) -> Instruction {
        build(
            instruction::TripBreaker { market, level, seconds, reason },
            accounts::TripBreaker { signer, clearinghouse: self.clearinghouse, breaker: self.breaker },
        )
    }

    pub fn reset_breaker(&self, authority: Address, market: u8) -> Instruction {
        build(
            instruction::ResetBreaker { market },
            accounts::ResetBreaker { authority, clearinghouse: self.clearinghouse, breaker: self.breaker },
        )
    }
}

pub fn grow_margin_account(payer: Address, owner: Address, margin_account: Address, capacity: u8) -> Instruction {
    build(
        instruction::GrowMarginAccount { capacity },
        accounts::GrowMarginAccount { payer, owner, margin_account, system_program: SYSTEM_PROGRAM },
    )
}

pub fn close_margin_account(owner: Address, margin_account: Address, rent_receiver: Address) -> Instruction {
    build(instruction::CloseMarginAccount {}, accounts::CloseMarginAccount { owner, margin_account, rent_receiver })
}

/// The default key for nobody.
pub fn set_delegate(owner: Address, margin_account: Address, delegate: Address) -> Instruction {
    build(instruction::SetDelegate { delegate }, accounts::SetDelegate { owner, margin_account })
}

pub fn update_offer(market: u8, trader: Address, maker: Address, terms: OfferTerms) -> Instruction {
    build(instruction::UpdateOffer { terms }, accounts::UpdateOffer { trader, maker, offer: offer(&maker, market) })
}

pub fn cancel_offer(market: u8, trader: Address, maker: Address, rent_receiver: Address) -> Instruction {
    build(
        instruction::CancelOffer {},
        accounts::CancelOffer { trader, maker, offer: offer(&maker, market), rent_receiver },
    )
}
