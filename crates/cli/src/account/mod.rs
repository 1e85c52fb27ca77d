//! `firebreak account`: margin accounts.

mod draw;
mod list;
mod manage;
mod money;
mod show;

pub use money::{execute_each, require_tokens, tokens};

use clap::{Args, Subcommand};
use solana_address::Address;
use solana_signer::Signer;

use crate::{context::Context, decimal::Decimal, failure::Outcome, sending::Sending, session::Session, units::AllOr};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Which margin account.
#[derive(Clone, Debug, Args)]
pub struct Chosen {
    /// Number of the owner's account
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub sub: u16,
    /// Address of the account, for one that is not yours by number: as delegate, or to look at
    #[arg(long, value_name = "ADDRESS", conflicts_with = "sub")]
    pub account: Option<Address>,
}

impl Chosen {
    /// The address, of an owner's numbered account where no address was given.
    pub fn address(&self, session: &Session<'_>, owner: &Address) -> Address {
        self.account.unwrap_or_else(|| session.at.margin_account(owner, self.sub))
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List an owner's accounts
    #[command(
        after_help = "Examples:\n  firebreak account list\n  firebreak account list --owner 7xKX…\n  firebreak account list --all --json"
    )]
    List {
        /// Whose accounts; by default those of your key
        #[arg(long, value_name = "ADDRESS")]
        owner: Option<Address>,
        /// Everybody's accounts, the nearest to liquidation first
        #[arg(long, conflicts_with = "owner")]
        all: bool,
    },
    /// Show what an account holds, is worth and requires
    ///
    /// Cash is senior: deposited or really paid. Waiting profit is junior: it becomes cash as far as losers of its market have paid in.
    #[command(
        after_help = "Examples:\n  firebreak account show\n  firebreak account show --sub 1\n  firebreak account show --account 9aQ3… --json"
    )]
    Show {
        /// Whose account; by default your key's
        #[arg(long, value_name = "ADDRESS", conflicts_with = "account")]
        owner: Option<Address>,
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Create an account
    #[command(
        after_help = "Examples:\n  firebreak account create\n  firebreak account create --sub 1 --isolated SOL --slots 4"
    )]
    Create {
        /// Number of the new account
        #[arg(long, value_name = "N", default_value_t = 0)]
        sub: u16,
        /// Position slots: 4, 8 or 16
        #[arg(long, default_value_t = 8)]
        slots: u8,
        /// The only market it may trade; by default all
        #[arg(long, value_name = "MARKET")]
        isolated: Option<String>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Give an account more position slots
    #[command(after_help = "Example:\n  firebreak account grow --slots 16")]
    Grow {
        /// Position slots: 8 or 16
        #[arg(long)]
        slots: u8,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        sending: Sending,
    },
    /// Close an empty account and get its rent back
    #[command(after_help = "Example:\n  firebreak account close --sub 1")]
    Close {
        #[command(flatten)]
        chosen: Chosen,
        /// Who receives the rent; by default you
        #[arg(long, value_name = "ADDRESS")]
        rent_to: Option<Address>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Name who may trade for an account, but never withdraw
    #[command(after_help = "Examples:\n  firebreak account delegate 7xKX…\n  firebreak account delegate --remove")]
    Delegate {
        /// Who may trade
        #[arg(required_unless_present = "remove", conflicts_with = "remove")]
        delegate: Option<Address>,
        /// Nobody may any longer
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        sending: Sending,
    },
    /// Deposit cash or collateral
    #[command(
        after_help = "Examples:\n  firebreak account deposit 100.5\n  firebreak account deposit 2 --bank wSOL --sub 1"
    )]
    Deposit {
        /// How much, in tokens
        #[arg(allow_negative_numbers = true)]
        amount: Decimal,
        /// Which token: index or symbol of its bank
        #[arg(long, default_value = "0")]
        bank: String,
        /// Token account it comes from; by default your associated one
        #[arg(long, value_name = "ADDRESS")]
        from: Option<Address>,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        sending: Sending,
    },
    /// Withdraw cash or collateral
    #[command(after_help = "Examples:\n  firebreak account withdraw 50\n  firebreak account withdraw all --bank wSOL")]
    Withdraw {
        /// How much, in tokens, or `all`
        #[arg(allow_negative_numbers = true)]
        amount: AllOr,
        /// Which token: index or symbol of its bank
        #[arg(long, default_value = "0")]
        bank: String,
        /// Token account it goes to; by default your associated one, created where there is none
        #[arg(long, value_name = "ADDRESS")]
        to: Option<Address>,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        sending: Sending,
    },
    /// Turn gains into cash as far as the market's pool has it, and pay losses
    #[command(after_help = "Examples:\n  firebreak account settle\n  firebreak account settle --market SOL")]
    Settle {
        /// In one market; by default in all that the account is in
        #[arg(long)]
        market: Option<String>,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        sending: Sending,
    },
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let session = Session::open(context).await?;
    match arguments.command {
        Command::List { owner, all } => {
            let owner = if all { None } else { Some(owner_or_own(context, owner)?) };
            list::run(&session, owner.as_ref()).await
        }
        Command::Show { owner, chosen } => {
            let address = match chosen.account {
                Some(address) => address,
                None => chosen.address(&session, &owner_or_own(context, owner)?),
            };
            show::run(&session, &address).await
        }
        Command::Create { sub, slots, isolated, sending } => {
            manage::create(&session, (sub, slots), isolated.as_deref(), sending).await
        }
        Command::Grow { slots, chosen, sending } => manage::grow(&session, slots, &chosen, sending).await,
        Command::Close { chosen, rent_to, sending } => manage::close(&session, &chosen, rent_to, sending).await,
        Command::Delegate { delegate, chosen, sending, .. } => {
            manage::delegate(&session, delegate.unwrap_or_default(), &chosen, sending).await
        }
        Command::Deposit { amount, bank, from, chosen, sending } => {
            money::deposit(&session, (amount, &bank), from, &chosen, sending).await
        }
        Command::Withdraw { amount, bank, to, chosen, sending } => {
            money::withdraw(&session, (amount, &bank), to, &chosen, sending).await
        }
        Command::Settle { market, chosen, sending } => {
            manage::settle(&session, market.as_deref(), &chosen, sending).await
        }
    }
}

fn owner_or_own(context: &Context, owner: Option<Address>) -> Outcome<Address> {
    owner.map_or_else(|| Ok(context.keypair()?.pubkey()), Ok)
}
