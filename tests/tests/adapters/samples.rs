//! The updates in price_updates.bin, made twice from the same numbers: by receiver/, which wrote the file with Pyth's
//! receiver SDK, and by the test that reads it.

/// The fields of a `PriceUpdateV2`, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub write_authority: [u8; 32],
    /// Signatures of a partial verification, none of a full one.
    pub signatures: Option<u8>,
    pub feed_id: [u8; 32],
    pub price: i64,
    pub conf: u64,
    pub exponent: i32,
    pub publish_time: i64,
    pub prev_publish_time: i64,
    pub ema_price: i64,
    pub ema_conf: u64,
    pub posted_slot: u64,
}

pub const SAMPLES: u64 = 256;

/// Half of them verified in full. Of each four, two have the values that our writer gives the fields it does not offer.
pub fn samples() -> impl Iterator<Item = Sample> {
    let mut numbers = Numbers::new(0);
    (0..SAMPLES).map(move |index| {
        let sample = Sample {
            write_authority: numbers.bytes(),
            signatures: (index % 2 == 1).then(|| numbers.next() as u8),
            feed_id: numbers.bytes(),
            price: numbers.next() as i64,
            conf: numbers.next(),
            exponent: numbers.next() as i32,
            publish_time: numbers.next() as i64,
            prev_publish_time: numbers.next() as i64,
            ema_price: numbers.next() as i64,
            ema_conf: numbers.next(),
            posted_slot: numbers.next(),
        };
        if index % 4 < 2 { sample } else { as_ours(sample) }
    })
}

/// What crates/replay/src/pyth.rs writes into the fields that an `Update` has none for.
pub fn as_ours(sample: Sample) -> Sample {
    Sample {
        write_authority: [7; 32],
        prev_publish_time: sample.publish_time - 1,
        ema_price: sample.price,
        ema_conf: sample.conf,
        posted_slot: 1,
        ..sample
    }
}

/// xorshift: the same numbers on every machine.
pub struct Numbers(u64);

impl Numbers {
    pub const fn new(seed: u64) -> Self {
        Self(0x9e37_79b9_7f4a_7c15 ^ seed)
    }

    /// Below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| (self.next() >> 32) as u8)
    }
}
