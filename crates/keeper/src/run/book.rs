//! Every account of one clearinghouse, decoded, with the columns beside it: kept up to date one account at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use firebreak::state::{Clearinghouse, FeedKind};
use firebreak_client::{Addresses, Board, MarginAccountView, PROGRAM_ID, Part, decode};
use risk::OraclePrice;
use solana_account::Account;
use solana_address::Address;

use crate::{columns::Columns, scene::Scene};

/// What was read, and when: an account as of a slot, or that it is gone.
#[derive(Clone, Debug)]
pub struct Seen {
    pub address: Address,
    pub slot: u64,
    pub account: Option<Account>,
}

/// The accounts, and what finds those that may be below maintenance.
pub struct Book {
    pub scene: Scene,
    pub clearinghouse: Clearinghouse,
    columns: Columns,
    numbers: HashMap<Address, u32>,
    addresses: Vec<Address>,
    free: Vec<u32>,
    slots: HashMap<Address, u64>,
}

impl Book {
    /// From a full read. Error: what is missing, and what to do.
    pub fn new(at: Addresses, slot: u64, accounts: Vec<(Address, Account)>) -> Result<Self, String> {
        let find =
            |address: Address| accounts.iter().find(|(found, _)| *found == address).map(|(_, account)| &account.data);
        let missing = |what: &str, address: Address| {
            format!("there is no {what} at {address}: check the RPC address and the id of the clearinghouse")
        };
        let data = find(at.clearinghouse).ok_or_else(|| missing("clearinghouse", at.clearinghouse))?;
        let clearinghouse = decode::<Clearinghouse>(data).map_err(|error| error.to_string())?;
        let data = find(at.board).ok_or_else(|| missing("risk board", at.board))?;
        let board = Board::decode(data).map_err(|error| error.to_string())?;
        let data = find(at.breaker).ok_or_else(|| missing("circuit breaker", at.breaker))?;
        let breaker = decode(data).map_err(|error| error.to_string())?;
        let mut columns = Columns::default();
        columns.follow(&board);
        let scene = Scene {
            at,
            now: 0,
            board,
            breaker,
            markets: BTreeMap::new(),
            banks: BTreeMap::new(),
            fund: None,
            accounts: BTreeMap::new(),
            offers: BTreeMap::new(),
            suspects: Some(vec![]),
            readings: BTreeMap::new(),
            held_back: BTreeSet::new(),
        };
        let (numbers, slots) = (HashMap::new(), HashMap::new());
        let mut book = Self { scene, clearinghouse, columns, numbers, addresses: vec![], free: vec![], slots };
        book.replace_all(slot, accounts);
        Ok(book)
    }

    /// A full read: what it does not have is gone. How many accounts it changed.
    pub fn replace_all(&mut self, slot: u64, accounts: Vec<(Address, Account)>) -> usize {
        let named: HashSet<Address> = accounts.iter().map(|(address, _)| *address).collect();
        let is_gone =
            |(address, seen): (&Address, &u64)| (*seen < slot && !named.contains(address)).then_some(*address);
        let gone: Vec<Address> = self.slots.iter().filter_map(is_gone).collect();
        let mut changed = 0;
        for address in gone {
            changed += usize::from(self.see(Seen { address, slot, account: None }));
        }
        for (address, account) in accounts {
            changed += usize::from(self.see(Seen { address, slot, account: Some(account) }));
        }
        changed
    }

    /// Takes an account over unless a newer one is known. Whether anything changed.
    pub fn see(&mut self, seen: Seen) -> bool {
        let Seen { address, slot, account } = seen;
        let known = self.slots.entry(address).or_insert(0);
        if slot < *known {
            return false;
        }
        *known = slot;
        let data = account.filter(|account| account.owner == PROGRAM_ID && !account.data.is_empty());
        match data {
            Some(account) => self.put(address, &account.data),
            None => {
                self.slots.remove(&address);
                self.remove_margin_account(&address) | self.scene.offers.remove(&address).is_some()
            }
        }
    }

    fn put(&mut self, address: Address, data: &[u8]) -> bool {
        let scene = &mut self.scene;
        match Part::decode(&scene.at, &address, data) {
            Some(Part::Account(account)) => self.put_margin_account(address, account),
            Some(Part::Board(board)) => changed(&mut scene.board, board),
            Some(Part::Breaker(breaker)) => changed(&mut scene.breaker, breaker),
            Some(Part::Fund(fund)) => changed(&mut scene.fund, Some(fund)),
            Some(Part::Market(market)) => scene.markets.insert(market.index, market) != Some(market),
            Some(Part::Offer(offer)) => scene.offers.insert(address, offer) != Some(offer),
            // The quote bank holds no collateral.
            Some(Part::Bank(bank)) if address != scene.at.quote_bank => {
                scene.banks.insert(bank.index, bank) != Some(bank)
            }
            _ => false,
        }
    }

    fn put_margin_account(&mut self, address: Address, account: MarginAccountView) -> bool {
        let before = self.scene.accounts.get(&address);
        if before == Some(&account) {
            return false;
        }
        match (self.numbers.get(&address), before) {
            (Some(number), Some(before)) => self.columns.replace(*number, before, &account),
            _ => {
                let number = self.free.pop().unwrap_or_else(|| {
                    self.addresses.push(address);
                    self.addresses.len() as u32 - 1
                });
                self.addresses[number as usize] = address;
                self.numbers.insert(address, number);
                self.columns.insert(number, &account);
            }
        }
        self.scene.accounts.insert(address, account);
        true
    }

    fn remove_margin_account(&mut self, address: &Address) -> bool {
        let (Some(number), Some(account)) = (self.numbers.remove(address), self.scene.accounts.remove(address)) else {
            return false;
        };
        self.columns.remove(number, &account);
        self.free.push(number);
        true
    }

    /// Brings the board into the columns, and names whoever may be below maintenance.
    pub fn suspect(&mut self) {
        self.columns.follow(&self.scene.board);
        let suspects = self.columns.candidates().filter_map(|number| self.addresses.get(number as usize).copied());
        self.scene.suspects = Some(suspects.collect());
    }

    /// What an asset's feeds say, in the order of their accounts.
    pub fn hear(&mut self, asset: u8, feeds: &[Option<Account>]) {
        let Some(row) = self.scene.board.rows.get(asset as usize) else { return };
        let header = &self.scene.board.header;
        let kinds = [(row.primary_kind, row.primary_feed), (row.secondary_kind, row.secondary_feed)];
        let read = |((kind, feed), account): ((u8, [u8; 32]), &Option<Account>)| -> Option<OraclePrice> {
            let account = account.as_ref()?;
            let price = match FeedKind::from_u8(kind)? {
                FeedKind::PythPull if header.receivers.contains(&account.owner) => {
                    firebreak::oracle::pyth_pull::decode(&account.data, &feed).ok()?
                }
                FeedKind::PythLegacy if header.legacy_program == account.owner => {
                    firebreak::oracle::pyth_legacy::decode(&account.data).ok()?
                }
                _ => return None,
            };
            let (price, confidence, exponent, publish_time) = (price.price, price.conf, price.expo, price.publish_time);
            Some(OraclePrice { price, confidence, exponent, publish_time })
        };
        let readings = kinds.into_iter().zip(feeds).map(read).collect();
        self.scene.readings.insert(asset, readings);
    }
}

fn changed<T: PartialEq>(place: &mut T, value: T) -> bool {
    let is_new = *place != value;
    *place = value;
    is_new
}
