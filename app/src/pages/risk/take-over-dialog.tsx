import { explainName, instructions } from "@firebreak/client";
import { useMemo } from "react";

import { adviceFor } from "../../chain/advice.ts";
import { useBooks, useChain, useNow } from "../../chain/chain-context.tsx";
import { freshPrices } from "../../chain/fresh-prices.ts";
import { useAct } from "../../chain/use-act.ts";
import { short } from "../../format/keys.ts";
import { money, price, signedSize, size } from "../../format/units.ts";
import type { Listed } from "../../model/books.ts";
import { useChosenAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Row } from "../../ui/figure.tsx";
import { useValuation } from "../../valuation/hooks.ts";
import type { AtRiskView } from "../../valuation/views.ts";
import { Effect } from "../trade/effect.tsx";

/** As many as the program allows. */
const ANY_LOTS = 1n << 28n;
/** How far the mark may move against the liquidator until the transaction arrives. */
const SLIPPAGE_BPS = 50;

/** Takes over what the program allows of an account below maintenance, at the mark less a penalty. */
export function TakeOverDialog({ target, market, close }: { target: AtRiskView; market: Listed; close: () => void }) {
  const chain = useChain();
  const quote = useQuote();
  const own = useChosenAccount();
  const [books, valuation, now] = [useBooks(), useValuation(), useNow()];
  const { act, isBusy, cannot } = useAct();
  const position = books?.accounts.find((account) => account.address === target.address)?.data.positions.find((one) => one.market === market.index);
  const limitPrice = valuation?.worstPrice(market.row.mark, SLIPPAGE_BPS, (position?.size ?? 0) > 0) ?? 0n;
  const preview = useMemo(
    () => (books === null || valuation === null || own === null ? null : valuation.liquidate(books, { market: market.index, liquidator: own.address, liquidatee: target.address, maxLots: ANY_LOTS, limitPrice }, now)),
    [books, valuation, own, market.index, target.address, limitPrice, now],
  );
  const { lotExponent } = market.row;
  const refusal = preview?.refusal ?? null;
  const submit = async (): Promise<void> => {
    if (own === null || books === null) return;
    const held = books.accounts.filter((account) => account.address === target.address || account.address === own.address).flatMap((account) => account.data.positions);
    const done = await act({
      title: `Take over ${market.symbol}`,
      instructions: async () => [
        ...freshPrices(chain, [market.index, ...held.map((one) => one.market)]),
        await instructions.liquidate(chain.at, { market: market.index, trader: own.data.owner, liquidator: own.address, liquidatee: target.address, maxLots: ANY_LOTS, limitPrice }),
      ],
      said: ({ events }) => {
        const event = events.find((one) => one.name === "Liquidated");
        return event === undefined ? "Confirmed." : `${signedSize(event.data.lots, lotExponent)} ${market.symbol} at ${price(event.data.price, lotExponent, quote)}, the mark was ${price(event.data.mark, lotExponent, quote)}.`;
      },
    });
    if (done) close();
  };
  return (
    <Dialog open onOpenChange={(open) => !open && close()} title={`Take over ${market.symbol} of ${short(target.address)}`} text="The position comes to your account at the mark less a penalty; a part of the penalty goes to insurance.">
      {own === null ? <p className="text-[13px] text-soft">Open an account on the Trade page first, and deposit: whoever takes over must hold the margin.</p> : (
        <>
          <dl>
            <Row name="You would take">{preview === null ? "–" : `${size(preview.lots, lotExponent)} ${market.symbol}`}</Row>
            <Row name="Price">{preview === null || preview.price === 0n ? "–" : price(preview.price, lotExponent, quote)}</Row>
            <Row name="Mark">{price(market.row.mark, lotExponent, quote)}</Row>
            <Row name="To insurance">{preview === null ? "–" : `${money(preview.insuranceFee, quote)} ${quote.symbol}`}</Row>
          </dl>
          <div className="mt-3"><Effect preview={preview} asset={market.index} /></div>
          <p role="status" className="min-h-9 text-[12.5px] text-danger">{refusal === null ? "" : `The program would refuse this. ${adviceFor(refusal, explainName(refusal)?.sentence ?? refusal).text}`}</p>
          <Button weight="main" className="w-full" disabled={isBusy || cannot !== null || preview === null || refusal !== null} title={cannot ?? undefined} onClick={() => void submit()}>
            {isBusy ? "Waiting for the network" : "Take over"}
          </Button>
        </>
      )}
    </Dialog>
  );
}
