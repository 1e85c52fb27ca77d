//! Damage: valid bytes changed where a decoder looks, and bytes that never were valid.

use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Damage {
    /// To this length, shorter or longer (zeros).
    Resize(usize),
    Flip {
        at: usize,
        bit: u8,
    },
    Set {
        at: usize,
        byte: u8,
    },
    /// A byte pushed in or taken out: all that follows moves by one, as it does between the verification levels.
    Insert {
        at: usize,
        byte: u8,
    },
    Remove {
        at: usize,
    },
    Overwrite {
        at: usize,
        bytes: Vec<u8>,
    },
}

impl Damage {
    fn apply(&self, data: &mut Vec<u8>) {
        match *self {
            Self::Resize(length) => data.resize(length, 0),
            Self::Flip { at, bit } if at < data.len() => data[at] ^= 1 << bit,
            Self::Set { at, byte } if at < data.len() => data[at] = byte,
            Self::Insert { at, byte } if at <= data.len() => data.insert(at, byte),
            Self::Remove { at } if at < data.len() => drop(data.remove(at)),
            Self::Overwrite { at, ref bytes } => {
                for (place, byte) in data.iter_mut().skip(at).zip(bytes) {
                    *place = *byte;
                }
            }
            _ => {}
        }
    }
}

pub fn damaged(mut data: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    damages.iter().for_each(|damage| damage.apply(&mut data));
    data
}

/// Up to three damages, half of them at the `places` that decide.
pub fn damages(places: &'static [usize], lengths: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Damage>> {
    let byte = || prop_oneof![0..6_u8, any::<u8>()];
    let at = || prop_oneof![proptest::sample::select(places), 0..lengths.end];
    let damage = prop_oneof![
        lengths.clone().prop_map(Damage::Resize),
        (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        (at(), byte()).prop_map(|(at, byte)| Damage::Set { at, byte }),
        (at(), byte()).prop_map(|(at, byte)| Damage::Insert { at, byte }),
        at().prop_map(|at| Damage::Remove { at }),
        (at(), vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Damage::Overwrite { at, bytes }),
    ];
    vec(damage, 0..4)
}
