import { exact, signed } from "../format/numbers.ts";
import { price, priceScale, type Quote } from "../format/units.ts";

/** Every atom of an amount: cents as one reads them, the rest beside them, quieter. */
export function Exact({ atoms, quote, isSigned = false, testId }: { atoms: bigint; quote: Quote; isSigned?: boolean; testId?: string }) {
  const text = isSigned ? signed(atoms, quote.decimals, quote.decimals) : exact(atoms, quote.decimals);
  return <Digits text={text} hidden={Math.max(0, quote.decimals - 2)} testId={testId} />;
}

/** Every digit of a price per unit, as exact as a price per lot makes it. */
export function ExactPrice({ atoms, lotExponent, quote, testId }: { atoms: bigint; lotExponent: number; quote: Quote; testId?: string }) {
  const scale = Math.max(0, priceScale(lotExponent, quote));
  const shown = price(atoms, lotExponent, quote).split(".")[1]?.length ?? 0;
  return <Digits text={exact(atoms, scale)} hidden={Math.max(0, scale - shown)} testId={testId} />;
}

/** A decimal with its last places quieter. */
export function Digits({ text, hidden, testId }: { text: string; hidden: number; testId?: string | undefined }) {
  const cut = hidden > 0 ? text.length - hidden : text.length;
  return (
    <span data-testid={testId}>
      {text.slice(0, cut)}
      <span className="font-normal text-faint">{text.slice(cut)}</span>
    </span>
  );
}
