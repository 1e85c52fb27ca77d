//! The samples as accounts of the receiver: Pyth's types, written by Anchor as the receiver program writes them.

#[path = "../../samples.rs"]
mod samples;

use std::io::Write;

use anchor_lang::AccountSerialize;
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};
use samples::{Sample, samples};

fn main() {
    let mut file = Vec::new();
    for sample in samples() {
        let mut account = Vec::new();
        update(&sample).try_serialize(&mut account).expect("memory suffices");
        account.resize(PriceUpdateV2::LEN, 0);
        file.extend(account);
    }
    std::io::stdout().write_all(&file).expect("standard output takes it");
}

fn update(sample: &Sample) -> PriceUpdateV2 {
    PriceUpdateV2 {
        write_authority: sample.write_authority.into(),
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
    }
}
