/** Groups of three, with a thin space that does not break: 1 234 567. */
const GROUP = ",";

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, GROUP);
}

/** A minus as wide as a digit. */
const MINUS = "−";

/**
 * A decimal of `scale` places, shown with `places` of them. What is cut off is dropped toward zero, so that nobody is shown more than there
 * is. Formatting only: amounts are computed elsewhere.
 */
export function decimal(value: bigint, scale: number, places: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).padEnd(places, "0").slice(0, places);
  const text = places === 0 ? grouped(whole) : `${grouped(whole)}.${fraction}`;
  return negative && /[1-9]/.test(text) ? MINUS + text : text;
}

/** The same with a sign before what is positive, too. */
export function signed(value: bigint, scale: number, places: number): string {
  const text = decimal(value, scale, places);
  return value > 0n && /[1-9]/.test(text) ? `+${text}` : text;
}

/** All of its decimals: what the program counts. */
export function exact(value: bigint, scale: number): string {
  return decimal(value, scale, scale);
}

/** Basis points as a percentage: 1234 is 12.34 %. */
export function percent(bps: bigint | number, places = 2): string {
  return `${decimal(BigInt(bps), 2, places)} %`;
}

/** Short, for charts and tight cells: 1.23 M. */
export function short(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = digits.length - scale;
  for (const [places, letter] of [[9, "B"], [6, "M"], [3, "k"]] as const) {
    if (whole > places) return `${decimal(value, scale + places, 2)} ${letter}`;
  }
  return decimal(value, scale, 2);
}

/** Reads a decimal that a person typed into an integer of `scale` places. Null where it is no number, or finer than that. */
export function parse(text: string, scale: number): bigint | null {
  const clean = text.trim().replaceAll(",", "").replaceAll(" ", "");
  const match = /^(\d*)(?:\.(\d*))?$/.exec(clean);
  if (match === null || clean === "" || clean === ".") return null;
  const [, whole = "", fraction = ""] = match;
  if (fraction.length > scale && /[1-9]/.test(fraction.slice(scale))) return null;
  return BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0") || "0");
}
