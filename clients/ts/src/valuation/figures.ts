import { type ReadonlyUint8Array } from "@solana/kit";

/** What the valuation could not work out: bytes of another account, figures beyond 64 bits. */
export class ValuationError extends Error {
  override readonly name = "ValuationError";
}

/** Members whose text stays text, whatever it looks like. */
const TEXTS = new Set(["symbol", "name", "refusal", "mostRefusal", "id", "of", "problem", "tighter"]);

/** Reads an answer: decimal strings are integers of up to 64 bits. */
export function figures<T>(answer: string): T {
  const value: unknown = JSON.parse(answer, (key, value: unknown) =>
    typeof value === "string" && !TEXTS.has(key) && /^-?\d+$/.test(value) ? BigInt(value) : value,
  );
  if (typeof value === "object" && value !== null && "problem" in value) {
    throw new ValuationError(String(value.problem));
  }
  return value as T;
}

/** Several byte strings in one, each behind its length in 32 bits. */
export function packed(parts: readonly ReadonlyUint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}
