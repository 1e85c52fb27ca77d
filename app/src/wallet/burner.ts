import {
  createKeyPairFromBytes,
  getAddressFromPublicKey,
  getBase58Decoder,
  getTransactionDecoder,
  getTransactionEncoder,
  partiallySignTransaction,
  type Address,
} from "@solana/kit";

import type { Wallet } from "./accounts.ts";

const KEY = "firebreak.burner";

async function fresh(): Promise<Uint8Array> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const [seed, key] = await Promise.all([crypto.subtle.exportKey("pkcs8", pair.privateKey), crypto.subtle.exportKey("raw", pair.publicKey)]);
  const bytes = new Uint8Array(64);
  bytes.set(new Uint8Array(seed).slice(-32)); // the seed ends the PKCS #8 form
  bytes.set(new Uint8Array(key), 32);
  return bytes;
}

function read(): Uint8Array | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return Array.isArray(value) && value.length === 64 ? Uint8Array.from(value as number[]) : null;
  } catch {
    return null;
  }
}

/** Reads a key as key files hold it (64 numbers), and keeps it. Throws where it is none. */
export function importBurner(text: string): void {
  const value: unknown = JSON.parse(text);
  const isKey = Array.isArray(value) && value.length === 64 && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
  if (!isKey) throw new Error("A key file holds 64 numbers between 0 and 255.");
  localStorage.setItem(KEY, JSON.stringify(value));
}

/** The key this page keeps in the browser, for local networks only: made the first time, the same until it is forgotten. */
export async function burner(): Promise<Wallet> {
  const bytes = read() ?? (await fresh());
  localStorage.setItem(KEY, JSON.stringify([...bytes]));
  const pair = await createKeyPairFromBytes(bytes);
  const address: Address = await getAddressFromPublicKey(pair.publicKey);
  return {
    name: "Local burner",
    address,
    isBurner: true,
    sign: async (transaction) => {
      const signed = await partiallySignTransaction([pair], getTransactionDecoder().decode(transaction));
      return new Uint8Array(getTransactionEncoder().encode(signed));
    },
  };
}

/** Forgets the key: the next one is another. */
export function forgetBurner(): void {
  localStorage.removeItem(KEY);
}

/** A signature as it is written everywhere. */
export function signatureText(bytes: Uint8Array): string {
  return getBase58Decoder().decode(bytes);
}
