import { useMemo } from "react";

import { useBooks } from "../chain/chain-context.tsx";
import type { Quote } from "../format/units.ts";

/** The quote token: its decimals come from the chain; a local network calls it USDC. */
export function useQuote(): Quote {
  const decimals = useBooks()?.clearinghouse.data.quoteDecimals ?? 6;
  return useMemo(() => ({ decimals, symbol: "USDC" }), [decimals]);
}
