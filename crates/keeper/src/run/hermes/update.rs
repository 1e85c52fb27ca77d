//! Updates as Hermes serves them: Pyth's accumulator format, version 1. Numbers are big-endian.

use risk::OraclePrice;

/// `PNAU`.
const MAGIC: &[u8] = b"PNAU";
/// What a proof by a signed root is numbered, and what a price is.
const SIGNED_ROOT: u8 = 0;
const PRICE: u8 = 0;
/// Bytes of a hash in a proof.
pub const HASH: usize = 20;

/// One feed's price, with what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    pub feed_id: [u8; 32],
    pub price: OraclePrice,
    /// The signed root, the message under it, and the hashes between.
    pub signed_root: Vec<u8>,
    pub message: Vec<u8>,
    pub proof: Vec<[u8; HASH]>,
}

/// Reads on, or says where the bytes end.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.saturating_add(count);
        let taken = self.bytes.get(self.at..end);
        let taken = taken.ok_or_else(|| format!("it ends at byte {}, {end} are needed", self.bytes.len()))?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Bytes behind their number in 16 bits.
    fn long(&mut self) -> Result<&'a [u8], String> {
        let count = u16::from_be_bytes(self.array()?);
        self.take(usize::from(count))
    }
}

/// All prices of one answer. Error: what is wrong with the bytes. Messages that are no prices are passed over.
pub fn decode(bytes: &[u8]) -> Result<Vec<Update>, String> {
    let mut reader = Reader { bytes, at: 0 };
    if reader.take(MAGIC.len())? != MAGIC {
        return Err("it does not begin with PNAU".to_owned());
    }
    let [major, _minor, trailing] = reader.array()?;
    if major != 1 {
        return Err(format!("its version is {major}, this keeper knows 1"));
    }
    reader.take(usize::from(trailing))?;
    let kind = reader.byte()?;
    if kind != SIGNED_ROOT {
        return Err(format!("its proof is of kind {kind}, this keeper knows {SIGNED_ROOT}"));
    }
    let signed_root = reader.long()?;
    let count = reader.byte()?;
    let mut updates = vec![];
    for _ in 0..count {
        let message = reader.long()?;
        let hashes = reader.byte()?;
        let proof = (0..hashes).map(|_| reader.array()).collect::<Result<Vec<[u8; HASH]>, _>>()?;
        if let Some((feed_id, price)) = price(message)? {
            let (signed_root, message) = (signed_root.to_vec(), message.to_vec());
            updates.push(Update { feed_id, price, signed_root, message, proof });
        }
    }
    Ok(updates)
}

fn price(message: &[u8]) -> Result<Option<([u8; 32], OraclePrice)>, String> {
    let mut reader = Reader { bytes: message, at: 0 };
    if reader.byte()? != PRICE {
        return Ok(None);
    }
    let feed_id = reader.array()?;
    let price = OraclePrice {
        price: i64::from_be_bytes(reader.array()?),
        confidence: u64::from_be_bytes(reader.array()?),
        exponent: i32::from_be_bytes(reader.array()?),
        publish_time: i64::from_be_bytes(reader.array()?),
    };
    Ok(Some((feed_id, price)))
}
