import type { Offer } from "@firebreak/client";
import { useMemo } from "react";

import { useBooks, useNow } from "../../chain/chain-context.tsx";
import { short } from "../../format/keys.ts";
import { percent } from "../../format/numbers.ts";
import { duration } from "../../format/times.ts";
import { price, size } from "../../format/units.ts";
import type { Entry, Listed } from "../../model/books.ts";
import { useChosenAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Button } from "../../ui/button.tsx";
import { Nothing, Panel } from "../../ui/panel.tsx";
import { Cell, Line, Table } from "../../ui/table.tsx";
import { useValuation } from "../../valuation/hooks.ts";

/** A side of an offer that the reader wants to take. */
export interface Pick {
  readonly offer: Entry<Offer>;
  readonly isBuy: boolean;
}

interface Standing extends Pick {
  readonly lots: bigint;
  readonly price: bigint | null;
  readonly spreadBps: number;
  /** Why its maker could not fill it whole now. */
  readonly refusal: string | null;
}

/** What can be taken now, best price first. */
export function useStanding(market: Listed): readonly Standing[] {
  const [books, valuation, now] = [useBooks(), useValuation(), useNow()];
  return useMemo(() => {
    if (books === null) return [];
    const sides = books.offers
      .filter((offer) => offer.data.market === market.index && offer.data.expiresAt > now)
      .flatMap((offer) => {
        const maker = books.accounts.find((account) => account.address === offer.data.marginAccount);
        const quoted = maker === undefined ? null : (valuation?.offer(books, market.index, maker.bytes, offer.data, now) ?? null);
        return [true, false].map((isBuy) => ({
          offer,
          isBuy,
          lots: isBuy ? offer.data.askLots : offer.data.bidLots,
          spreadBps: isBuy ? offer.data.askSpreadBps : offer.data.bidSpreadBps,
          price: (isBuy ? quoted?.ask.price : quoted?.bid.price) ?? null,
          refusal: (isBuy ? quoted?.ask.refusal : quoted?.bid.refusal) ?? null,
        }));
      });
    return sides.filter((side) => side.lots > 0n).sort((one, other) => one.spreadBps - other.spreadBps);
  }, [books, valuation, now, market.index]);
}

const COLUMNS = [{ name: "Maker" }, { name: "Price", isFigure: true }, { name: "From mark", isFigure: true }, { name: "Size", isFigure: true }, { name: "Ends in", isFigure: true, isWide: true }, { name: "Take" }];

/** Standing offers: those that sell to the reader, and those that buy. */
export function OffersTable(props: { market: Listed; picked: Pick | null; onPick: (pick: Pick) => void }) {
  const standing = useStanding(props.market);
  const half = (isBuy: boolean) => standing.filter((side) => side.isBuy === isBuy);
  return (
    <Panel title="Offers" note="Pegged to the mark: they move with the oracle" flush>
      <div className="grid xl:grid-cols-2 xl:divide-x xl:divide-rule">
        <Half {...props} title="You can buy" sides={half(true)} />
        <Half {...props} title="You can sell" sides={half(false)} />
      </div>
    </Panel>
  );
}

function Half(props: { market: Listed; picked: Pick | null; onPick: (pick: Pick) => void; title: string; sides: readonly Standing[] }) {
  const { market, picked, sides } = props;
  const quote = useQuote();
  const now = useNow();
  const own = useChosenAccount();
  const lotExponent = market.row.lotExponent;
  return (
    <div className="min-w-0">
      <h3 className="label border-b border-rule px-4 py-1.5">{props.title}</h3>
      <Table label={props.title} columns={COLUMNS} empty={<Nothing>Nobody offers this side now. Make an offer yourself: others take it at the mark plus your spread.</Nothing>}>
        {sides.map((side) => {
          const isOwn = side.offer.data.marginAccount === own?.address;
          const isPicked = picked?.offer.address === side.offer.address && picked.isBuy === side.isBuy;
          return (
            <Line key={`${side.offer.address}${String(side.isBuy)}`} isChosen={isPicked}>
              <Cell><span className="font-mono text-[12px] whitespace-nowrap text-soft">{isOwn ? "yours" : short(side.offer.data.marginAccount)}</span></Cell>
              <Cell figure>{side.price === null ? "–" : price(side.price, lotExponent, quote)}</Cell>
              <Cell figure><span className="text-soft">{percent(side.spreadBps)}</span></Cell>
              <Cell figure>{size(side.lots, lotExponent)}</Cell>
              <Cell figure wide><span className="text-soft">{duration(side.offer.data.expiresAt - now)}</span></Cell>
              <Cell>
                <Button small aria-pressed={isPicked} disabled={isOwn} aria-label={`${side.isBuy ? "Buy from" : "Sell to"} ${short(side.offer.data.marginAccount)}`} onClick={() => props.onPick({ offer: side.offer, isBuy: side.isBuy })}>
                  {side.isBuy ? "Buy" : "Sell"}
                </Button>
              </Cell>
            </Line>
          );
        })}
      </Table>
    </div>
  );
}
