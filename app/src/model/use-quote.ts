import { useMemo } from "react";

import { useBooks, useChain } from "../chain/chain-context.tsx";
import { short } from "../format/keys.ts";
import type { Quote } from "../format/units.ts";

/** Dollars that everybody knows by name. */
const KNOWN: Readonly<Record<string, string>> = {
  EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v: "USDC",
  "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU": "USDC",
  Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB: "USDT",
};

/** The quote token: its decimals come from the chain, its name from the local network or from the list above. */
export function useQuote(): Quote {
  const { local } = useChain();
  const data = useBooks()?.clearinghouse.data;
  const [mint, decimals] = [data?.quoteMint, data?.quoteDecimals ?? 6];
  return useMemo(() => {
    const symbol = mint === undefined ? "" : (local?.symbols.get(mint) ?? KNOWN[mint] ?? short(mint));
    return { decimals, symbol };
  }, [mint, decimals, local]);
}
