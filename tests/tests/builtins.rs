//! The same arithmetic, in the VM and outside of it.
//!
//! 128-bit operators and memory functions are ours on sBPF (`crates/sbpf-builtins`), with a calling convention that no
//! compiler checks. So the file of operations that the program `arithmetic` runs is compiled into this test as well,
//! where the host's own operators do the work, and the two must agree to the last bit.

#[path = "../programs/arithmetic/src/operations.rs"]
mod operations;

use std::path::Path;

use litesvm::LiteSVM;
use operations::{ARITHMETIC, MEMORY, MemoryOperation, SLOT, is_defined, run_memory_list, run_on_slots};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

const PROGRAM: Address = Address::new_from_array([7; 32]);
const DATA: Address = Address::new_from_array([8; 32]);
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
/// What fits into the compute units of one transaction, for the slowest operation.
const SLOTS_PER_TRANSACTION: usize = 256;

/// A bank with the program and one account that it may write.
struct Vm {
    svm: LiteSVM,
    payer: Keypair,
}

impl Vm {
    fn new() -> Self {
        let folder =
            std::env::var("SBF_OUT_DIR").expect("SBF_OUT_DIR names the built programs: run `cargo xtask test`");
        let program = Path::new(&folder).join("arithmetic.so");
        let mut svm = LiteSVM::new().with_mainnet_features();
        svm.add_program_from_file(PROGRAM, &program).unwrap_or_else(|error| panic!("{}: {error:?}", program.display()));
        let payer = Keypair::new_from_array([9; 32]);
        svm.airdrop(&payer.pubkey(), 1 << 38).expect("the bank has that much to give away");
        Self { svm, payer }
    }

    /// Has the program work on `data`, and returns what it left there.
    fn run(&mut self, data: &[u8], instruction: Vec<u8>) -> Vec<u8> {
        let mut account = self.svm.get_account(&self.payer.pubkey()).expect("the payer exists");
        account.owner = PROGRAM;
        account.data = data.to_vec();
        self.svm.set_account(DATA, account).expect("an account of the program");

        let compute_budget = Address::from_str_const("ComputeBudget111111111111111111111111111111");
        let limit = [&[2_u8][..], &1_400_000_u32.to_le_bytes()].concat();
        let instructions = [
            Instruction::new_with_bytes(compute_budget, &limit, vec![]),
            Instruction::new_with_bytes(PROGRAM, &instruction, vec![AccountMeta::new(DATA, false)]),
        ];
        // Equal transactions under one blockhash would count as one.
        self.svm.expire_blockhash();
        let message = Message::new(&instructions, Some(&self.payer.pubkey()));
        let transaction = Transaction::new(&[&self.payer], message, self.svm.latest_blockhash());
        let outcome = self.svm.send_transaction(transaction);
        outcome.unwrap_or_else(|failed| panic!("{:?}: {:#?}", failed.err, failed.meta.logs));
        self.svm.get_account(&DATA).expect("the account is still there").data
    }
}

/// xorshift: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// A number of random width, sometimes negated: most of 128 random bits are a boring large number.
    fn wide(&mut self) -> u128 {
        let bits = ((self.next() as u128) << 64) | self.next() as u128;
        let number = bits >> self.below(128);
        if self.below(3) == 0 { number.wrapping_neg() } else { number }
    }
}

/// Every pair of the numbers around which carries, signs and estimates of quotients go wrong, then random ones.
fn operands() -> Vec<(u128, u128)> {
    let powers = [0, 1, 32, 63, 64, 65, 96, 127].map(|bit| 1_u128 << bit);
    let near = powers.iter().flat_map(|power| [power - 1, *power, power + 1]);
    let edges: Vec<u128> =
        near.flat_map(|number| [number, number.wrapping_neg()]).chain([10_000, 10_u128.pow(38)]).collect();
    let mut pairs: Vec<_> = edges.iter().flat_map(|a| edges.iter().map(|b| (*a, *b))).collect();
    let mut numbers = Numbers(SEED);
    pairs.extend((0..3_000).map(|_| (numbers.wide(), numbers.wide())));
    // Divisors with a long run of ones in front make the estimated digit too large by the most.
    pairs.extend((0..1_000).map(|_| (numbers.wide(), (u128::MAX << numbers.below(64)) ^ (numbers.wide() >> 64))));
    pairs
}

#[test]
fn arithmetic_in_the_vm_equals_arithmetic_outside() {
    let mut vm = Vm::new();
    let operands = operands();
    for (selector, name) in (0..).zip(ARITHMETIC) {
        let usable = operands.iter().filter(|(_, b)| is_defined(selector, *b));
        let slots: Vec<u8> =
            usable.flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes(), [0; 16], [0; 16]].concat()).collect();
        for chunk in slots.chunks(SLOT * SLOTS_PER_TRANSACTION) {
            let inside = vm.run(chunk, vec![selector]);
            let mut outside = chunk.to_vec();
            run_on_slots(selector, &mut outside);
            let differs = inside.chunks(SLOT).zip(outside.chunks(SLOT)).find(|(inside, outside)| inside != outside);
            assert!(differs.is_none(), "{name}: in the VM and outside {differs:02x?}");
        }
    }
}

#[test]
fn memory_functions_in_the_vm_equal_those_outside() {
    const SIZE: usize = 4_096;
    let mut vm = Vm::new();
    let mut numbers = Numbers(SEED);
    let mut memory: Vec<u8> = (0..SIZE).map(|_| numbers.next() as u8).collect();
    for _ in 0..120 {
        let list: Vec<u8> = (0..80).flat_map(|_| memory_operation(&mut numbers, SIZE).encode()).collect();
        let inside = vm.run(&memory, [&[MEMORY][..], &list].concat());
        run_memory_list(&mut memory, &list);
        assert_eq!(inside, memory);
    }
}

/// Short lengths as often as long ones, and ranges that touch, overlap by any distance, or are the same.
fn memory_operation(numbers: &mut Numbers, size: usize) -> MemoryOperation {
    let kind = numbers.below(4) as u8;
    let len = if numbers.below(2) == 0 { numbers.below(40) } else { numbers.below(size / 2) };
    let from = numbers.below(size - 2 * len);
    let to = match (kind, numbers.below(3)) {
        (MemoryOperation::COPY, 0) => from + len,
        (MemoryOperation::COPY, _) => from + len + numbers.below(size - from - 2 * len),
        (_, 0) => from,
        (_, 1) => (from + numbers.below(17)).saturating_sub(8).min(size - len),
        _ => numbers.below(size - len),
    };
    // A fill leaves behind what later comparisons find equal for a while, then different.
    let word = |number: usize| u16::try_from(number).expect("offsets are below 4,096");
    MemoryOperation { kind, to: word(to), from: word(from), len: word(len), byte: numbers.below(3) as u8 }
}
