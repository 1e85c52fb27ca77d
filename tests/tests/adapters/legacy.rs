//! Pyth's older price account: pyth-sdk-solana's own struct, and a reader of our own from Pyth's C header.

use bytemuck::bytes_of;
use firebreak::FirebreakError;
use proptest::{collection::vec, prelude::*};
use pyth_sdk_solana::state::{
    AccountType, CorpAction, MAGIC, PriceComp, PriceInfo, PriceStatus, PriceType, Rational, SolanaPriceAccount,
    VERSION_2,
};
use risk::OraclePrice;
use solana_address::Address;

use crate::noise::{damaged, damages};
use crate::samples::Sample;
use crate::view::read_legacy;

/// `pc_price_t` with its 32 component prices.
const LEN: usize = 3_312;
const CASES: u32 = 4_096;
const STATUSES: [PriceStatus; 5] =
    [PriceStatus::Unknown, PriceStatus::Trading, PriceStatus::Halted, PriceStatus::Auction, PriceStatus::Ignored];

/// A second reader, from `pc_price_t` in Pyth's oracle.h: magic, version and type at 0, 4 and 8; exponent at 20;
/// timestamp at 96; the aggregate's price, confidence and status at 208, 216 and 224. Of the status it reads the one
/// byte that pyth-sdk-solana has for it; the C header has four, of which Pyth's program wrote no other.
pub fn checked(data: &[u8]) -> Result<OraclePrice, FirebreakError> {
    fn at<const N: usize>(data: &[u8], offset: usize) -> [u8; N] {
        data[offset..offset + N].try_into().unwrap()
    }
    let is_price =
        data.len() >= LEN && [at(data, 0), at(data, 4), at(data, 8)].map(u32::from_le_bytes) == [0xa1b2_c3d4, 2, 3];
    if !is_price {
        return Err(FirebreakError::PriceAccountMalformed);
    }
    match data[224] {
        1 => Ok(OraclePrice {
            price: i64::from_le_bytes(at(data, 208)),
            confidence: u64::from_le_bytes(at(data, 216)),
            exponent: i32::from_le_bytes(at(data, 20)),
            publish_time: i64::from_le_bytes(at(data, 96)),
        }),
        _ => Err(FirebreakError::PriceNotTrading),
    }
}

/// The adapter and the second reader, on the same bytes; true where they give a price.
fn agree(data: &[u8]) -> bool {
    let read = read_legacy(data);
    assert_eq!(read, checked(data).map_err(Into::into), "{} bytes, {:?}", data.len(), data.get(..240));
    read.is_ok()
}

prop_compose! {
    fn info()(price: i64, conf: u64, status in proptest::sample::select(&STATUSES[..]), pub_slot: u64) -> PriceInfo {
        PriceInfo { price, conf, status, corp_act: CorpAction::NoCorpAct, pub_slot }
    }
}

prop_compose! {
    fn rational()(val: i64, numer: i64, denom: i64) -> Rational {
        Rational { val, numer, denom }
    }
}

prop_compose! {
    /// Every field of the account drawn, but for what makes it one.
    fn account()(
        numbers: [u32; 4],
        expo in prop_oneof![Just(-8), any::<i32>()],
        slots: [u64; 4],
        averages in [rational(), rational()],
        times: [i64; 3],
        small: (u8, u8, u16),
        keys: [[u8; 32]; 3],
        agg in info(),
        components in [info(), info()],
    ) -> SolanaPriceAccount {
        let [prod, next, publisher] = keys.map(|key| Address::new_from_array(key).to_bytes().into());
        SolanaPriceAccount {
            magic: MAGIC, ver: VERSION_2, atype: AccountType::Price as u32, size: numbers[0], ptype: PriceType::Price, expo,
            num: numbers[1], num_qt: numbers[2], last_slot: slots[0], valid_slot: slots[1], ema_price: averages[0],
            ema_conf: averages[1], timestamp: times[0], min_pub: small.0, drv2: small.1, drv3: small.2, drv4: numbers[3],
            prod, next, prev_slot: slots[2], prev_price: times[1], prev_conf: slots[3], prev_timestamp: times[2], agg,
            comp: [PriceComp { publisher, agg: components[0], latest: components[1] }; 32], extended: (),
        }
    }
}

fn trading() -> SolanaPriceAccount {
    let agg =
        PriceInfo { price: 15_000_000_000, conf: 1_000_000, status: PriceStatus::Trading, ..PriceInfo::default() };
    SolanaPriceAccount {
        magic: MAGIC,
        ver: VERSION_2,
        atype: AccountType::Price as u32,
        ptype: PriceType::Price,
        expo: -8,
        timestamp: 1_800_000_000,
        agg,
        ..SolanaPriceAccount::default()
    }
}

/// An older account with a sample's fields; a partial update is one that is not trading.
pub fn account_of(sample: &Sample) -> Vec<u8> {
    let status = STATUSES[sample.signatures.map_or(1, |signatures| [0, 2, 3, 4][usize::from(signatures % 4)])];
    let agg = PriceInfo { price: sample.price, conf: sample.conf, status, ..PriceInfo::default() };
    let (expo, timestamp) = (sample.exponent, sample.publish_time);
    bytes_of(&SolanaPriceAccount { expo, timestamp, agg, prev_price: sample.ema_price, ..trading() }).to_vec()
}

#[test]
fn every_value_of_every_byte_that_decides_is_judged_alike() {
    let whole = bytes_of(&trading()).to_vec();
    assert_eq!(whole.len(), LEN);
    const SEEN: usize = 240; // the aggregate ends here, and components begin
    let mut prices = 0;
    for at in 0..SEEN {
        for byte in 0..=u8::MAX {
            let mut data = whole.clone();
            data[at] = byte;
            prices += usize::from(agree(&data));
        }
    }
    // Magic, version, type and status must be what they are; any other byte may be any.
    let deciding = 4 + 4 + 4 + 1;
    assert_eq!(prices, (SEEN - deciding) * 256 + deciding);
}

#[test]
fn every_length_is_judged_alike() {
    let whole = bytes_of(&trading()).to_vec();
    for length in (0..=200).chain(LEN - 100..LEN + 100) {
        let mut data = whole.clone();
        data.resize(length, 0xff);
        assert_eq!(agree(&data), length >= LEN, "{length} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_account_of_pyths_struct_is_read_field_by_field(account in account()) {
        let expected = match account.agg.status {
            PriceStatus::Trading => Ok(OraclePrice {
                price: account.agg.price,
                confidence: account.agg.conf,
                exponent: account.expo,
                publish_time: account.timestamp,
            }),
            _ => Err(FirebreakError::PriceNotTrading),
        };
        prop_assert_eq!(read_legacy(bytes_of(&account)), expected.map_err(Into::into));
        agree(bytes_of(&account));
    }

    #[test]
    fn damaged_accounts_give_no_price_that_the_fields_refuse(
        account in account(),
        is_trading: bool,
        near in damages(&[0, 3, 4, 7, 8, 11, 16, 20, 23, 96, 207, 208, 215, 216, 223, 224, 225, 232, 240], 0..260),
        far in damages(&[LEN - 1], LEN - 100..LEN + 100),
    ) {
        let status = if is_trading { PriceStatus::Trading } else { account.agg.status };
        let account = SolanaPriceAccount { agg: PriceInfo { status, ..account.agg }, ..account };
        agree(&damaged(bytes_of(&account).to_vec(), &near));
        agree(&damaged(bytes_of(&account).to_vec(), &far));
    }

    #[test]
    fn arbitrary_bytes_give_no_price_that_the_fields_refuse(
        noise in prop_oneof![vec(any::<u8>(), 0..200), vec(any::<u8>(), LEN - 8..LEN + 8)],
        is_price: bool,
        status in proptest::option::of(0..6_u8),
    ) {
        let mut data = noise;
        if is_price && data.len() >= 12 {
            data[..12].copy_from_slice(&bytes_of(&trading())[..12]);
        }
        if let (Some(status), Some(byte)) = (status, data.get_mut(224)) {
            *byte = status;
        }
        agree(&data);
    }
}
