import { createSolanaRpc, createSolanaRpcSubscriptions, type Address } from "@solana/kit";
import type { IdentifierString } from "@wallet-standard/base";

/** A node: requests, and subscriptions. */
export function connect(rpc: string, ws: string) {
  return { rpc: createSolanaRpc(rpc), subscriptions: createSolanaRpcSubscriptions(ws) };
}

export type Connection = ReturnType<typeof connect>;

export const CLOCK_SYSVAR = "SysvarC1ock11111111111111111111111111111111" as Address;

/** The public networks, by the hash of their first block; any other counts as a local one. */
const NETWORKS: Readonly<Record<string, IdentifierString>> = {
  "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d": "solana:mainnet",
  EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG: "solana:devnet",
  "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY": "solana:testnet",
};

/** What wallets call the network. Where the node does not say, the one that asks for most care. */
export async function networkOf(connection: Connection): Promise<IdentifierString> {
  const hash = await connection.rpc.getGenesisHash().send({ abortSignal: AbortSignal.timeout(4_000) }).catch(() => null);
  return hash === null ? "solana:mainnet" : (NETWORKS[hash] ?? "solana:localnet");
}

/** Slot at 0, unix time at 32: the layout of the clock's account. */
export function clockOf(bytes: Uint8Array): { slot: bigint; time: bigint } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { slot: view.getBigUint64(0, true), time: view.getBigInt64(32, true) };
}

export function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}
