//! `PriceUpdateV2`: bytes of Pyth's types, and a reader of our own from Pyth's description of them.

use borsh::{BorshDeserialize, BorshSerialize};
use firebreak::FirebreakError;
use firebreak_replay::pyth::{Update, Verification};
use proptest::{collection::vec, prelude::*};
use pythnet_sdk::messages::PriceFeedMessage;
use risk::OraclePrice;
use sha2::{Digest, Sha256};

use crate::noise::{damaged, damages};
use crate::samples::{SAMPLES, Sample, as_ours, samples};
use crate::view::read_pull;

/// `PriceUpdateV2::LEN` of pyth-solana-receiver-sdk 2.0.0; a full update leaves the last byte unused.
const LEN: usize = 134;
const CASES: u32 = 8_192;

/// The frame around pythnet-sdk's message, as pyth-solana-receiver-sdk 2.0.0 (src/price_update.rs) and the IDL in
/// @pythnetwork/pyth-solana-receiver 0.12.0 (lib/idl/pyth_solana_receiver.json) declare it. price_updates.bin shows that
/// it is written as theirs is.
#[derive(BorshSerialize, BorshDeserialize)]
struct PriceUpdateV2 {
    write_authority: [u8; 32],
    verification_level: VerificationLevel,
    price_message: PriceFeedMessage,
    posted_slot: u64,
}

#[derive(BorshSerialize, BorshDeserialize)]
enum VerificationLevel {
    Partial { num_signatures: u8 },
    Full,
}

/// Anchor's, of an account of this name.
fn discriminator(name: &str) -> [u8; 8] {
    Sha256::digest(format!("account:{name}"))[..8].try_into().unwrap()
}

/// The account that Pyth's code leaves behind.
pub fn account(sample: &Sample) -> Vec<u8> {
    let update = PriceUpdateV2 {
        write_authority: sample.write_authority,
        verification_level: match sample.signatures {
            None => VerificationLevel::Full,
            Some(num_signatures) => VerificationLevel::Partial { num_signatures },
        },
        price_message: PriceFeedMessage {
            feed_id: sample.feed_id,
            price: sample.price,
            conf: sample.conf,
            exponent: sample.exponent,
            publish_time: sample.publish_time,
            prev_publish_time: sample.prev_publish_time,
            ema_price: sample.ema_price,
            ema_conf: sample.ema_conf,
        },
        posted_slot: sample.posted_slot,
    };
    let mut data = discriminator("PriceUpdateV2").to_vec();
    update.serialize(&mut data).unwrap();
    data.resize(LEN, 0);
    data
}

/// The same update through our writer.
fn ours(sample: &Sample) -> Vec<u8> {
    let update = Update {
        feed_id: sample.feed_id,
        verification: sample.signatures.map_or(Verification::Full, Verification::Partial),
        price: sample.price,
        confidence: sample.conf,
        exponent: sample.exponent,
        publish_time: sample.publish_time,
    };
    update.to_bytes()
}

/// What must come out of the adapter: each field from its own, and nothing of a partial update.
fn expected(sample: &Sample) -> Result<OraclePrice, FirebreakError> {
    match sample.signatures {
        Some(_) => Err(FirebreakError::PriceNotFullyVerified),
        None => Ok(OraclePrice {
            price: sample.price,
            confidence: sample.conf,
            exponent: sample.exponent,
            publish_time: sample.publish_time,
        }),
    }
}

/// A second reader, field after field as Borsh has them, that shares nothing with the adapter.
pub fn checked(mut data: &[u8], feed_id: &[u8; 32]) -> Result<OraclePrice, FirebreakError> {
    use FirebreakError::{PriceAccountMalformed, PriceFeedMismatch, PriceNotFullyVerified};
    fn take<const N: usize>(data: &mut &[u8]) -> Result<[u8; N], FirebreakError> {
        let (field, rest) = data.split_first_chunk().ok_or(PriceAccountMalformed)?;
        *data = rest;
        Ok(*field)
    }
    if data.len() < LEN - 1 || take(&mut data)? != discriminator("PriceUpdateV2") {
        return Err(PriceAccountMalformed);
    }
    let _write_authority: [u8; 32] = take(&mut data)?;
    match take(&mut data)? {
        [1] => {}
        [0] => return Err(PriceNotFullyVerified),
        _ => return Err(PriceAccountMalformed),
    }
    if take(&mut data)? != *feed_id {
        return Err(PriceFeedMismatch);
    }
    let price = i64::from_le_bytes(take(&mut data)?);
    let confidence = u64::from_le_bytes(take(&mut data)?);
    let exponent = i32::from_le_bytes(take(&mut data)?);
    let publish_time = i64::from_le_bytes(take(&mut data)?);
    for _prev_publish_time_ema_price_ema_conf_posted_slot in 0..4 {
        take::<8>(&mut data)?;
    }
    Ok(OraclePrice { price, confidence, exponent, publish_time })
}

/// The adapter and the second reader, on the same bytes; true where they give a price.
fn agree(data: &[u8], feed_id: &[u8; 32]) -> bool {
    let read = read_pull(data, feed_id);
    assert_eq!(read, checked(data, feed_id).map_err(Into::into), "{data:?}");
    if let Ok(price) = read {
        let update = PriceUpdateV2::deserialize(&mut &data[8..]).unwrap();
        assert!(matches!(update.verification_level, VerificationLevel::Full));
        let message = update.price_message;
        assert_eq!((message.feed_id, message.price, message.conf), (*feed_id, price.price, price.confidence));
        assert_eq!((message.exponent, message.publish_time), (price.exponent, price.publish_time));
    }
    read.is_ok()
}

prop_compose! {
    fn update()(
        keys: [[u8; 32]; 2],
        signatures in prop_oneof![Just(None), any::<u8>().prop_map(Some)],
        prices: [i64; 2],
        confs: [u64; 2],
        exponent in prop_oneof![Just(-8), any::<i32>()],
        publish_time in i64::MIN + 1..,
        prev_publish_time: i64,
        posted_slot: u64,
    ) -> Sample {
        let ([write_authority, feed_id], [price, ema_price], [conf, ema_conf]) = (keys, prices, confs);
        Sample {
            write_authority, signatures, feed_id, price, conf, exponent, publish_time, prev_publish_time, ema_price,
            ema_conf, posted_slot,
        }
    }
}

#[test]
fn what_pyths_receiver_sdk_wrote_is_written_by_the_types_here_and_read_by_the_adapter() {
    let file = include_bytes!("price_updates.bin");
    assert_eq!(file.len(), SAMPLES as usize * LEN);
    for (index, (sample, data)) in samples().zip(file.chunks_exact(LEN)).enumerate() {
        assert_eq!(account(&sample), data, "update {index}");
        assert_eq!(read_pull(data, &sample.feed_id), expected(&sample).map_err(Into::into), "update {index}");
        if index % 4 >= 2 {
            assert_eq!(ours(&sample), data, "update {index}");
        }
    }
}

#[test]
fn every_length_and_every_value_of_every_byte_is_judged_alike() {
    for sample in samples().take(4) {
        let whole = account(&sample);
        let full = sample.signatures.is_none();
        for length in 0..=200 {
            let mut data = whole.clone();
            data.resize(length, 0xff);
            assert_eq!(agree(&data, &sample.feed_id), full && length >= LEN - 1, "{length} bytes");
        }
        let mut prices = 0;
        for at in 0..whole.len() {
            for byte in 0..=u8::MAX {
                let mut data = whole.clone();
                data[at] = byte;
                prices += usize::from(agree(&data, &sample.feed_id));
            }
        }
        // The discriminator, the verification level and the feed id must be what they are; any other byte may be any.
        // Of a partial update, the level alone would make another update: of a feed id moved by a byte.
        let deciding = 8 + 1 + 32;
        assert_eq!(prices, if full { (LEN - deciding) * 256 + deciding } else { 0 });
    }
}

#[test]
fn a_partial_update_read_as_a_full_one_would_give_a_price() {
    for signatures in 0..=u8::MAX {
        let mut sample = samples().next().unwrap();
        (sample.signatures, sample.feed_id[31]) = (Some(signatures), 0);
        let data = account(&sample);
        let shifted: [u8; 32] = data[41..73].try_into().unwrap();
        assert_eq!(read_pull(&data, &shifted), Err(FirebreakError::PriceNotFullyVerified.into()));
        let mut forged = data;
        forged[40] = 1;
        assert!(agree(&forged, &shifted), "positive control: only the level stands in the way");
    }
}

#[test]
fn other_accounts_of_the_receiver_are_refused() {
    let sample = samples().next().unwrap();
    for name in ["TwapUpdate", "Config", "PriceUpdateV1", "priceUpdateV2"] {
        let mut data = account(&sample);
        data[..8].copy_from_slice(&discriminator(name));
        assert_eq!(read_pull(&data, &sample.feed_id), Err(FirebreakError::PriceAccountMalformed.into()), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_update_of_pyths_types_is_read_field_by_field(sample in update(), unused: u8) {
        let mut data = account(&sample);
        if sample.signatures.is_none() {
            data[LEN - 1] = unused; // what an earlier, partial update left there
        }
        prop_assert_eq!(read_pull(&data, &sample.feed_id), expected(&sample).map_err(Into::into));
    }

    #[test]
    fn our_writers_bytes_are_those_of_pyths_types(sample in update()) {
        let sample = as_ours(sample);
        prop_assert_eq!(ours(&sample), account(&sample));
    }

    #[test]
    fn damaged_updates_give_no_price_that_the_fields_refuse(
        sample in update(),
        damage in damages(&[0, 7, 8, 39, 40, 41, 42, 72, 73, 88, 92, 100, 132, 133], 0..200),
        follow: bool,
    ) {
        let data = damaged(account(&sample), &damage);
        // Half of the time the feed asked for is whatever now stands where a full update has its own.
        let there = data.get(41..73).and_then(|feed| feed.try_into().ok()).filter(|_| follow);
        agree(&data, &there.unwrap_or(sample.feed_id));
    }

    #[test]
    fn arbitrary_bytes_give_no_price_that_the_fields_refuse(
        noise in vec(any::<u8>(), 0..200),
        is_update: bool,
        level in prop_oneof![Just(None), (0..3_u8).prop_map(Some)],
        feed: [u8; 32],
    ) {
        let mut data = noise;
        if is_update && data.len() >= 8 {
            data[..8].copy_from_slice(&discriminator("PriceUpdateV2"));
        }
        if let (Some(level), Some(byte)) = (level, data.get_mut(40)) {
            *byte = level;
        }
        agree(&data, &feed);
        if let Some(feed) = data.get(41..73) {
            agree(&data, feed.try_into().unwrap());
        }
    }
}
