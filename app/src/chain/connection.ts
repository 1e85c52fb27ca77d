import { createSolanaRpc, createSolanaRpcSubscriptions, type Address } from "@solana/kit";

/** A node: requests, and subscriptions. */
export function connect(rpc: string, ws: string) {
  return { rpc: createSolanaRpc(rpc), subscriptions: createSolanaRpcSubscriptions(ws) };
}

export type Connection = ReturnType<typeof connect>;

export const CLOCK_SYSVAR = "SysvarC1ock11111111111111111111111111111111" as Address;

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
