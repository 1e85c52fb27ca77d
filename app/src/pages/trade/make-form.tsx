import { instructions } from "@firebreak/client";
import type { OfferPreview, TradePreview } from "@firebreak/client/valuation";
import { useMemo, useState } from "react";

import { useBooks, useChain, useNow } from "../../chain/chain-context.tsx";
import { useAct } from "../../chain/use-act.ts";
import { parse, percent } from "../../format/numbers.ts";
import { price, size } from "../../format/units.ts";
import type { Listed } from "../../model/books.ts";
import type { OwnAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Button } from "../../ui/button.tsx";
import { Choice, Field } from "../../ui/field.tsx";
import { Row } from "../../ui/figure.tsx";
import { useValuation } from "../../valuation/hooks.ts";

const PERIODS = [[3_600n, "1 hour"], [86_400n, "1 day"], [604_800n, "1 week"]] as const;

/** A standing quote on both sides, pegged to the mark. Replaces the account's offer in this market where there is one. */
export function MakeForm({ market, account }: { market: Listed; account: OwnAccount }) {
  const chain = useChain();
  const now = useNow();
  const { act, isBusy, cannot } = useAct();
  const [bid, setBid] = useState("");
  const [ask, setAsk] = useState("");
  const [spread, setSpread] = useState("0.10");
  const [period, setPeriod] = useState("86400");
  const { lotExponent } = market.row;
  const scale = Math.max(0, -lotExponent);
  const [bidLots, askLots] = [parse(bid === "" ? "0" : bid, scale), parse(ask === "" ? "0" : ask, scale)];
  const spreadBps = parse(spread, 2);
  const [books, valuation] = [useBooks(), useValuation()];
  const standing = books?.offers.find((offer) => offer.data.marginAccount === account.address && offer.data.market === market.index);
  const preview = useMemo(() => {
    if (books === null || valuation === null || spreadBps === null || bidLots === null || askLots === null) return null;
    const quoted = { bidLots, askLots, bidSpreadBps: Number(spreadBps), askSpreadBps: Number(spreadBps) };
    return valuation.offer(books, market.index, account.bytes, quoted, now);
  }, [books, valuation, market.index, account.bytes, bidLots, askLots, spreadBps, now]);
  const isReady = bidLots !== null && askLots !== null && spreadBps !== null && bidLots + askLots > 0n;
  const problem = (lots: bigint | null): string | null => (lots === null ? `A size is a number in steps of ${size(1n, lotExponent)} ${market.symbol}.` : null);

  const submit = async (): Promise<void> => {
    if (!isReady) return;
    const terms = { bidLots, askLots, bidSpreadBps: Number(spreadBps), askSpreadBps: Number(spreadBps), expiresAt: now + BigInt(period) };
    const common = { market: market.index, trader: account.data.owner, maker: account.address, terms };
    await act({
      title: `Offer ${market.symbol}`,
      instructions: async () => [
        standing === undefined ? await instructions.placeOffer(chain.at, { ...common, payer: account.data.owner }) : await instructions.updateOffer(common),
      ],
      said: () => `You buy up to ${size(bidLots, lotExponent)} and sell up to ${size(askLots, lotExponent)} ${market.symbol}, ${percent(spreadBps)} from the mark.`,
    });
  };

  return (
    <form onSubmit={(event) => (event.preventDefault(), void submit())} className="flex flex-col gap-2">
      <Field name="Buy up to" unit={market.symbol} inputMode="decimal" value={bid} problem={problem(bidLots)} onChange={(event) => setBid(event.target.value)} placeholder={size(0n, lotExponent)} />
      <Field name="Sell up to" unit={market.symbol} inputMode="decimal" value={ask} problem={problem(askLots)} onChange={(event) => setAsk(event.target.value)} placeholder={size(0n, lotExponent)} />
      <Field name="Distance from the mark, each side" unit="%" inputMode="decimal" value={spread} problem={spreadBps === null ? "A distance is a number with two decimals." : null} onChange={(event) => setSpread(event.target.value)} />
      <Choice name="Stands for" value={period} onChange={(event) => setPeriod(event.target.value)}>
        {PERIODS.map(([seconds, text]) => <option key={text} value={seconds.toString()}>{text}</option>)}
      </Choice>
      <Quotes market={market} preview={preview} />
      <p className="text-[12.5px] text-faint">An offer moves with the oracle by itself and reserves no margin: when somebody takes it, your account must have the margin, or it is refused.</p>
      <Button weight="main" type="submit" disabled={isBusy || !isReady || cannot !== null} title={cannot ?? undefined}>
        {isBusy ? "Waiting for the network" : standing === undefined ? "Place the offer" : "Replace the offer"}
      </Button>
    </form>
  );
}

/** What the two sides would be quoted at now, and whether the account could fill them. */
function Quotes({ market, preview }: { market: Listed; preview: OfferPreview | null }) {
  const quote = useQuote();
  const at = (side: TradePreview | undefined): string => (side === undefined || side.price === 0n ? "–" : price(side.price, market.row.lotExponent, quote));
  const refused = (side: TradePreview | undefined): boolean => side?.refusal === "MarginInsufficient";
  return (
    <>
      <dl>
        <Row name="You would buy at">{at(preview?.bid)}</Row>
        <Row name="You would sell at">{at(preview?.ask)}</Row>
      </dl>
      <p role="status" className="min-h-4 text-[12.5px] text-caution">
        {refused(preview?.bid) || refused(preview?.ask) ? "Taken whole, it would need more margin than the account has: it would be refused then." : ""}
      </p>
    </>
  );
}
