//! What is accepted although the matrix tries it as an attack, and what only the runtime refuses; each with its reason.

/// Who has the last word on a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// Refused by a rule of the runtime instead of a named error.
    ByRuntime,
}

/// Instruction (`*` for any), slot, the mutation's name (or its beginning before a `*`), reason.
pub struct Exception(
    pub Verdict,
    pub &'static str,
    pub &'static str,
    pub &'static str,
    #[allow(dead_code)] // for people
    pub  &'static str,
);

use Verdict::{Accepted, ByRuntime};

const FREE_CHOICE: &str = "another transaction of the same signer, as good as the first";
const PAYS_FOR_ITSELF: &str = "one key may pay and sign";
const RENT_IS_THE_OWNERS: &str = "the owner names who receives the rent, itself included";
const NOTHING_TO_PAY: &str =
    "one key may pay and sign; where the stake is open already, nothing is paid (and no account of a program can sign)";
const ANYBODY_SETTLES: &str = "anyone may settle any account that has something to settle";
const ANYBODY_S_GIFT: &str = "anyone may deposit for any account";
const TOKEN_PROGRAM_S_OWN: &str =
    "the token program does not look at it, and only the vault's own address could have set it";
const CANNOT_HAPPEN: &str = "the address is pinned, and an account of the token program never changes its owner";
const THE_VAULT_PINNED: &str =
    "the address is pinned, and only the program signs for the vault: it never sets its owner";
const ONE_FEED_ABSENT: &str = "an account without data is a feed that is not heard: the other alone is worth less, `refresh_two_feeds::one_feed_…`";
const SPARE_BYTE: &str = "an account without its spare last byte has everything that is read";
const PERMISSIONLESS: &str = "anyone may create a clearinghouse, with any plain mint, and governs it";
const PREFUNDED: &str = "T105: lamports sent to an address beforehand do not block its creation";
const WRITES_REFUSED: &str = "the token program writes, and the runtime refuses: the account is not its own";
const CREATION_REFUSED: &str = "the system program's creation needs the account writable";
const PAYER_HAS_DATA: &str = "the system program moves no lamports out of an account with data";

pub const EXCEPTIONS: &[Exception] = &[
    Exception(Accepted, "refresh_prices", "board", "other clearinghouse's board", FREE_CHOICE),
    Exception(Accepted, "poke", "market", "market 1", "anyone may poke any market"),
    Exception(Accepted, "refresh_prices", "*feed", "one byte short", SPARE_BYTE),
    Exception(Accepted, "refresh_prices", "primary", "one byte short", SPARE_BYTE),
    Exception(Accepted, "refresh_prices", "primary", "closed", ONE_FEED_ABSENT),
    Exception(Accepted, "refresh_prices", "primary", "zero length", ONE_FEED_ABSENT),
    Exception(Accepted, "refresh_prices", "primary", "never used address", ONE_FEED_ABSENT),
    Exception(Accepted, "refresh_prices", "primary", "a wallet", ONE_FEED_ABSENT),
    Exception(Accepted, "refresh_prices", "secondary", "closed", ONE_FEED_ABSENT),
    Exception(Accepted, "refresh_prices", "secondary", "zero length", ONE_FEED_ABSENT),
    Exception(Accepted, "refresh_prices", "secondary", "never used address", ONE_FEED_ABSENT),
    Exception(Accepted, "refresh_prices", "secondary", "a wallet", ONE_FEED_ABSENT),
    Exception(Accepted, "create_margin_account", "board", "one byte short", SPARE_BYTE),
    Exception(Accepted, "deposit", "margin_account", "bob's account", ANYBODY_S_GIFT),
    Exception(Accepted, "deposit", "margin_account", "carol's account", ANYBODY_S_GIFT),
    Exception(Accepted, "deposit", "margin_account", "erin's account", ANYBODY_S_GIFT),
    Exception(Accepted, "deposit", "margin_account", "frank's account", ANYBODY_S_GIFT),
    Exception(Accepted, "deposit", "margin_account", "grace's account", ANYBODY_S_GIFT),
    Exception(Accepted, "*", "source", "with a delegate", "the owner may still spend"),
    Exception(Accepted, "*", "source", "with a close authority", "closing needs an empty account"),
    Exception(Accepted, "*", "*vault", "with a delegate", TOKEN_PROGRAM_S_OWN),
    Exception(Accepted, "*", "*vault", "with a close authority", TOKEN_PROGRAM_S_OWN),
    Exception(Accepted, "*", "*vault", "wrong owner", THE_VAULT_PINNED),
    Exception(Accepted, "*", "*vault", "empty", "what a vault holds is compared before and after, not with the ledger"),
    Exception(Accepted, "*", "mint", "owned by*", CANNOT_HAPPEN),
    Exception(Accepted, "*", "destination", "wrong owner", FREE_CHOICE),
    Exception(Accepted, "*", "destination", "with a delegate", FREE_CHOICE),
    Exception(Accepted, "*", "destination", "with a close authority", FREE_CHOICE),
    Exception(Accepted, "*", "destination", "empty", FREE_CHOICE),
    Exception(Accepted, "*", "destination", "bob's tokens", FREE_CHOICE),
    Exception(Accepted, "*", "destination", "vault of the attacker", FREE_CHOICE),
    Exception(Accepted, "*", "destination", "stranger's tokens", FREE_CHOICE),
    Exception(Accepted, "withdraw", "destination", "insurance vault", "a donation, which no ledger counts"),
    Exception(Accepted, "*", "destination", "other clearinghouse's quote vault", "a donation, which no ledger counts"),
    Exception(Accepted, "fund_tranche", "market", "market 1", FREE_CHOICE),
    Exception(Accepted, "sweep_insurance", "market", "market 1", FREE_CHOICE),
    Exception(Accepted, "update_funding", "market", "market 1", FREE_CHOICE),
    Exception(Accepted, "unstake", "market_*", "not writable", "a tranche that pays nothing"),
    Exception(Accepted, "settle", "margin_account", "grace's account", ANYBODY_SETTLES),
    Exception(Accepted, "stake", "payer", "duplicate of *", NOTHING_TO_PAY),
    Exception(Accepted, "stake", "payer", "stranger who signs", NOTHING_TO_PAY),
    Exception(Accepted, "stake", "stake", "closed", "as if it had never been opened; no instruction closes a stake"),
    Exception(Accepted, "unstake", "destination", "alice's tokens", FREE_CHOICE),
    Exception(Accepted, "place_offer", "payer", "duplicate of trader", PAYS_FOR_ITSELF),
    Exception(Accepted, "create_margin_account", "payer", "duplicate of owner", PAYS_FOR_ITSELF),
    Exception(Accepted, "grow_margin_account", "payer", "duplicate of owner", PAYS_FOR_ITSELF),
    Exception(Accepted, "*", "payer", "duplicate of authority", PAYS_FOR_ITSELF),
    Exception(Accepted, "create_clearinghouse", "authority", "duplicate of payer", PAYS_FOR_ITSELF),
    Exception(Accepted, "update_offer", "offer", "alice's offer in market 1", FREE_CHOICE),
    Exception(Accepted, "cancel_offer", "offer", "alice's offer in market 1", FREE_CHOICE),
    Exception(Accepted, "cancel_offer", "rent_receiver", "duplicate of trader", RENT_IS_THE_OWNERS),
    Exception(Accepted, "close_margin_account", "rent_receiver", "duplicate of owner", RENT_IS_THE_OWNERS),
    Exception(
        Accepted,
        "grow_margin_account",
        "margin_account",
        "same owner's account in the other clearinghouse",
        FREE_CHOICE,
    ),
    Exception(
        Accepted,
        "set_delegate",
        "margin_account",
        "same owner's account in the other clearinghouse",
        FREE_CHOICE,
    ),
    Exception(Accepted, "seal", "clearinghouse", "other clearinghouse's clearinghouse", FREE_CHOICE),
    Exception(Accepted, "create_clearinghouse", "authority", "stranger who signs", PERMISSIONLESS),
    Exception(Accepted, "create_clearinghouse", "quote_mint", "collateral mint", PERMISSIONLESS),
    Exception(Accepted, "create_clearinghouse", "quote_mint", "another mint", PERMISSIONLESS),
    Exception(
        Accepted,
        "add_collateral_bank",
        "mint",
        "collateral mint",
        "set-up is trusted; a mint may have two banks",
    ),
    Exception(Accepted, "*", "*", "funded beforehand", PREFUNDED),
    Exception(ByRuntime, "*", "source", "*owned by*", WRITES_REFUSED),
    Exception(ByRuntime, "*", "destination", "*owned by*", WRITES_REFUSED),
    Exception(ByRuntime, "*", "*vault", "*owned by*", WRITES_REFUSED),
    Exception(ByRuntime, "*", "*", "not writable", CREATION_REFUSED),
    Exception(ByRuntime, "*", "payer", "duplicate of *", PAYER_HAS_DATA),
];

/// Index of the exception that covers what happened to a mutation.
pub fn find(verdict: Verdict, instruction: &str, slot: &str, mutation: &str) -> Option<usize> {
    let matches = |pattern: &str, name: &str| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), _) => name.contains(rest.trim_end_matches('*')),
        (_, Some(beginning)) => name.starts_with(beginning),
        _ => name == pattern,
    };
    EXCEPTIONS.iter().position(|exception| {
        exception.0 == verdict
            && matches(exception.1, instruction)
            && matches(exception.2, slot)
            && matches(exception.3, mutation)
    })
}
