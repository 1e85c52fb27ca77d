import { decodeEvents, withBudget, writtenBy, type FirebreakEvent } from "@firebreak/client";
import {
  appendTransactionMessageInstructions,
  compileTransaction,
  createTransactionMessage,
  getBase64Decoder,
  getBase58Decoder,
  getTransactionDecoder,
  getTransactionEncoder,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  type Base64EncodedWireTransaction,
  type Instruction,
  type Signature,
} from "@solana/kit";

import type { Wallet } from "../wallet/accounts.ts";
import type { Connection } from "./connection.ts";
import { Refused } from "./refusal.ts";

/** What a transaction did. */
export interface Done {
  readonly signature: Signature;
  readonly slot: bigint;
  readonly events: readonly FirebreakEvent[];
}

/** How often the same bytes are sent again, and asked for, until the blockhash expires. */
const RESEND_MS = 1_000;
/** Never more than this per compute unit (millionths of a lamport). */
const MOST_UNIT_PRICE = 100_000n;

/** The median of what was paid lately for the accounts that are written. */
async function unitPrice(connection: Connection, instructions: readonly Instruction[]): Promise<bigint> {
  try {
    const fees = await connection.rpc.getRecentPrioritizationFees(writtenBy(instructions).slice(0, 128)).send();
    const paid = fees.map((fee) => fee.prioritizationFee).sort((one, other) => (one < other ? -1 : 1));
    const median = paid[Math.floor(paid.length / 2)] ?? 0n;
    return median < MOST_UNIT_PRICE ? median : MOST_UNIT_PRICE;
  } catch {
    return 0n;
  }
}

/** The unsigned bytes of a transaction of these instructions, paid for by `payer`. */
export async function compile(connection: Connection, payer: Wallet["address"], instructions: readonly Instruction[]) {
  const price = await unitPrice(connection, instructions);
  const { value: lifetime } = await connection.rpc.getLatestBlockhash({ commitment: "confirmed" }).send();
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (empty) => setTransactionMessageFeePayer(payer, empty),
    (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
    (timed) => appendTransactionMessageInstructions(withBudget(instructions, price), timed),
  );
  const bytes = new Uint8Array(getTransactionEncoder().encode(compileTransaction(message)));
  return { bytes, lastValidBlockHeight: lifetime.lastValidBlockHeight };
}

/** Simulates first, so that nobody signs what the program refuses; then signs, sends, and waits until it is confirmed. */
export async function send(connection: Connection, wallet: Wallet, instructions: readonly Instruction[]): Promise<Done> {
  const { bytes, lastValidBlockHeight } = await compile(connection, wallet.address, instructions);
  const wire = getBase64Decoder().decode(bytes) as Base64EncodedWireTransaction;
  const { value: tried } = await connection.rpc
    .simulateTransaction(wire, { encoding: "base64", commitment: "confirmed", sigVerify: false })
    .send();
  if (tried.err !== null) throw new Refused(tried.err, tried.logs ?? []);
  const signed = await wallet.sign(bytes);
  const signature = signatureOf(signed);
  await deliver(connection, signed, signature, lastValidBlockHeight);
  const { slot, logs } = await outcome(connection, signature);
  return { signature, slot, events: decodeEvents(logs) };
}

function signatureOf(signed: Uint8Array): Signature {
  const [first] = Object.values(getTransactionDecoder().decode(signed).signatures);
  if (first === undefined || first === null) throw new Error("The wallet returned the transaction without its signature.");
  return getBase58Decoder().decode(first) as Signature;
}

async function deliver(connection: Connection, signed: Uint8Array, signature: Signature, lastValid: bigint): Promise<void> {
  const wire = getBase64Decoder().decode(signed) as Base64EncodedWireTransaction;
  for (let height = 0n; height <= lastValid; ) {
    await connection.rpc
      .sendTransaction(wire, { encoding: "base64", skipPreflight: true, maxRetries: 0n })
      .send()
      .catch(() => undefined); // sent again below; whether it arrived, the status says
    const { value } = await connection.rpc.getSignatureStatuses([signature]).send();
    const status = value[0];
    if (status !== null && status !== undefined) {
      if (status.err !== null) throw new Refused(status.err, (await outcome(connection, signature)).logs);
      if (status.confirmationStatus !== "processed") return;
    }
    await new Promise((resolve) => setTimeout(resolve, RESEND_MS));
    height = await connection.rpc.getBlockHeight({ commitment: "confirmed" }).send();
  }
  throw new Error("The network did not take the transaction in time. Nothing was changed: try again.");
}

async function outcome(connection: Connection, signature: Signature): Promise<{ slot: bigint; logs: readonly string[] }> {
  for (let tries = 0; tries < 10; tries += 1) {
    const kept = await connection.rpc
      .getTransaction(signature, { commitment: "confirmed", encoding: "base64", maxSupportedTransactionVersion: 0 })
      .send();
    if (kept !== null) return { slot: kept.slot, logs: kept.meta?.logMessages ?? [] };
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return { slot: 0n, logs: [] };
}
