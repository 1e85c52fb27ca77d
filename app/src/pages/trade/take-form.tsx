import { explainName, instructions } from "@firebreak/client";
import type { Address } from "@solana/kit";
import { useEffect, useMemo, useState } from "react";

import { adviceFor } from "../../chain/advice.ts";
import { useBooks, useChain, useNow } from "../../chain/chain-context.tsx";
import { freshPrices } from "../../chain/fresh-prices.ts";
import { useAct } from "../../chain/use-act.ts";
import { parse, percent } from "../../format/numbers.ts";
import { duration } from "../../format/times.ts";
import { money, price, size, spread } from "../../format/units.ts";
import type { Listed } from "../../model/books.ts";
import { setDraft, useDraft } from "../../model/order-draft.ts";
import type { OwnAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Row, Skeleton } from "../../ui/figure.tsx";
import { Segments } from "../../ui/segments.tsx";
import { quality } from "../../ui/states.ts";
import { usePrice, useValuation } from "../../valuation/hooks.ts";
import type { TakePreview } from "../../valuation/views.ts";
import { Effect } from "./effect.tsx";
import { useStanding, type Pick } from "./offers-table.tsx";

const SLIPPAGE = [["10", "0.1\u00a0%"], ["50", "0.5\u00a0%"], ["100", "1\u00a0%"]] as const;

interface TakeProps {
  readonly market: Listed;
  /** Null: the form shows what it will ask, and waits for an account. */
  readonly account: OwnAccount | null;
  readonly picked: Pick | null;
  readonly onPick: (pick: Pick | null) => void;
}

/** Takes an offer: the chosen one, else the best of its side. Shows before signing what the program would make of it. */
export function TakeForm({ market, account, picked, onPick }: TakeProps) {
  const standing = useStanding(market);
  const quote = useQuote();
  const [side, setSide] = useState<"buy" | "sell">(picked?.isBuy === false ? "sell" : "buy");
  const [text, setText] = useState("");
  const [slippage, setSlippage] = useState<(typeof SLIPPAGE)[number][0]>("50");
  const draft = useDraft();
  useEffect(() => {
    if (draft?.market !== market.index) return;
    onPick(null);
    setSide(draft.isBuy ? "buy" : "sell");
    setText(size(draft.lots, market.row.lotExponent));
    setDraft(null);
  }, [draft, market.index, market.row.lotExponent, onPick]);
  const isBuy = picked === null ? side === "buy" : picked.isBuy;
  const isOpen = standing.filter((one) => one.isBuy === isBuy && one.offer.data.marginAccount !== account?.address);
  const best = isOpen.find((one) => one.offer.address === picked?.offer.address) ?? isOpen[0] ?? null;
  const { lotExponent } = market.row;
  const lots = parse(text, Math.max(0, -lotExponent));
  const preview = usePreview(market, account, best?.offer.address ?? null, lots, isBuy, Number(slippage));
  const { submit, isBusy, cannot } = useTake(market, account, best, preview, isBuy, () => setText(""));
  const refused = preview?.refusal ?? null;
  const refusal = refused === null ? null : (explainName(refused)?.sentence ?? refused);
  return (
    <form onSubmit={(event) => (event.preventDefault(), void submit())} className="flex flex-col gap-3">
      <MarkLine market={market} />
      <Segments
        name="Side" wide value={isBuy ? "buy" : "sell"} options={[["buy", "Buy · long"], ["sell", "Sell · short"]]}
        onChange={(next) => { setSide(next); onPick(null); }}
      />
      <Field
        name="Size" unit={market.symbol} inputMode="decimal" placeholder={size(0n, lotExponent)} value={text} onChange={(event) => setText(event.target.value)}
        problem={text !== "" && lots === null ? `A size is a number in steps of ${size(1n, lotExponent)} ${market.symbol}.` : null}
        note={best === null ? "Nobody offers this side now." : `Offered at ${best.price === null ? "–" : price(best.price, lotExponent, quote)}: ${size(best.lots, lotExponent)} ${market.symbol}`}
      />
      <div className="flex items-center justify-between">
        <span className="label">Worst price, beyond now</span>
        <Segments name="Worst price accepted" value={slippage} options={SLIPPAGE} onChange={setSlippage} />
      </div>
      <dl>
        <Row name="Price">{preview === null ? "–" : price(preview.price, lotExponent, quote)}</Row>
        <Row name="Worst price" note={percent(BigInt(slippage), 1)}>{preview === null ? "–" : price(preview.worstPrice, lotExponent, quote)}</Row>
        <Row name="Filled">{preview === null ? "–" : `${size(unsigned(preview.lots), lotExponent)} ${market.symbol}`}</Row>
        <Row name="Fee" note={market.market === null ? undefined : percent(market.market.data.takerFeeBps)}>{preview === null ? "–" : `${money(preview.fee, quote)} ${quote.symbol}`}</Row>
      </dl>
      <Effect preview={preview} asset={market.index} />
      <Button weight="main" type="submit" disabled={isBusy || cannot !== null || preview === null || preview.lots === 0n || refusal !== null} title={cannot ?? undefined}>
        {isBusy ? "Waiting for the network" : `${isBuy ? "Buy" : "Sell"} ${preview === null ? market.symbol : `${size(unsigned(preview.lots), lotExponent)} ${market.symbol}`}`}
      </Button>
      <p role="status" className="min-h-9 text-[12.5px] leading-[18px] text-danger">
        {account === null ? <span className="text-faint">{cannot ?? "Open an account first."}</span> : refusal !== null && refused !== null ? `The program would refuse this. ${adviceFor(refused, refusal).text}` : ""}
      </p>
    </form>
  );
}

/** The price that the trade is about, and how far to trust it, right beside the form. */
function MarkLine({ market }: { market: Listed }) {
  const quote = useQuote();
  const at = usePrice(market.index);
  const { mark, confidence, lotExponent } = market.row;
  const grade = at === null ? null : quality(at.quality);
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-[13px]" aria-label="Price now">
      <span className="label">Mark</span>
      <span className="figure font-semibold">{price(mark, lotExponent, quote)}</span>
      <span className="label">±{spread(confidence, mark, lotExponent, quote)} · {at === null ? "–" : `${duration(at.age)} old`}</span>
      <span className="ml-auto">{grade === null ? <Skeleton /> : <Badge tone={grade.tone} title={grade.text}>{grade.name}</Badge>}</span>
    </p>
  );
}

/** Lots without their direction, which the word says. */
function unsigned(lots: bigint): bigint {
  return lots < 0n ? -lots : lots;
}

function usePreview(market: Listed, account: OwnAccount | null, offer: Address | null, lots: bigint | null, isBuy: boolean, slippageBps: number): TakePreview | null {
  const [books, valuation, now] = [useBooks(), useValuation(), useNow()];
  return useMemo(() => {
    if (books === null || valuation === null || account === null || offer === null || lots === null || lots === 0n) return null;
    const request = { market: market.index, taker: account.address, offer, lots: isBuy ? lots : -lots, slippageBps };
    return valuation.take(books, request, now);
  }, [books, valuation, now, market.index, account?.address, offer, lots, isBuy, slippageBps]);
}

function useTake(market: Listed, account: OwnAccount | null, best: Pick | null, preview: TakePreview | null, isBuy: boolean, clear: () => void) {
  const chain = useChain();
  const quote = useQuote();
  const { act, isBusy, cannot } = useAct();
  const { lotExponent } = market.row;
  const submit = async (): Promise<void> => {
    if (preview === null || best === null || account === null) return;
    const held = account.data.positions.map((position) => position.market);
    const done = await act({
      title: `${isBuy ? "Buy" : "Sell"} ${market.symbol}`,
      instructions: async () => [
        ...freshPrices(chain, [market.index, ...held]),
        await instructions.takeOffer(chain.at, {
          market: market.index, trader: account.data.owner, taker: account.address, maker: best.offer.data.marginAccount,
          lots: preview.lots, limitPrice: preview.worstPrice,
        }),
      ],
      said: ({ events }) => {
        const traded = events.find((event) => event.name === "Traded");
        if (traded === undefined) return "Confirmed.";
        return `${isBuy ? "Bought" : "Sold"} ${size(traded.data.lots, lotExponent)} ${market.symbol} at ${price(traded.data.price, lotExponent, quote)}.`;
      },
    });
    if (done) clear();
  };
  return { submit, isBusy, cannot };
}
