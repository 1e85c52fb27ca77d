import { ERRORS, type ErrorText } from "./generated/errorTable.js";

/** Name and sentence of a code that the program gave; null for codes of others. */
export function explain(code: number | bigint): ErrorText | null {
  return ERRORS.find((error) => error.code === Number(code)) ?? null;
}

/** The same by name, as the valuation gives it. */
export function explainName(name: string): ErrorText | null {
  return ERRORS.find((error) => error.name === name) ?? null;
}

/**
 * Finds the program's refusal in whatever was thrown: an error of kit with its causes, the `err` of a simulation or status, a log.
 * Null where it holds none.
 */
export function explainFailure(failure: unknown): ErrorText | null {
  const code = codeIn(failure, 0);
  return code === null ? null : explain(code);
}

/** How deep errors may be wrapped in each other. */
const DEPTH = 8;

function codeIn(value: unknown, depth: number): number | null {
  if (depth > DEPTH || value === null || value === undefined) {
    return null;
  }
  if (typeof value === "string") {
    const [, hex, decimal] = /custom program error: (?:0x([0-9a-f]+)|#(\d+))/i.exec(value) ?? [];
    return hex !== undefined ? Number.parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : null;
  }
  if (typeof value !== "object") {
    return null;
  }
  const { Custom, code } = value as { Custom?: unknown; code?: unknown };
  for (const number of [Custom, code]) {
    if ((typeof number === "number" || typeof number === "bigint") && explain(number) !== null) {
      return Number(number);
    }
  }
  const inside = Array.isArray(value) ? value : Object.values(value);
  const { cause, message, context } = value as { cause?: unknown; message?: unknown; context?: unknown };
  for (const part of [cause, context, message, ...inside]) {
    const found = codeIn(part, depth + 1);
    if (found !== null) {
      return found;
    }
  }
  return null;
}
