import { percent } from "../../format/numbers.ts";
import { money, price } from "../../format/units.ts";
import { useBooks } from "../../chain/chain-context.tsx";
import { useQuote } from "../../model/use-quote.ts";
import { Change, Row } from "../../ui/figure.tsx";
import { Headroom } from "../../ui/headroom.tsx";
import type { AccountView, Preview } from "../../valuation/views.ts";

/** What an action does to the account, as the program would value it: before and after. */
export function Effect({ preview, asset }: { preview: Preview | null; asset?: number }) {
  const quote = useQuote();
  const rows = useBooks()?.listed ?? [];
  const after = preview?.after ?? null;
  const shown = (pick: (view: AccountView) => string) =>
    preview === null ? "–" : after === null ? pick(preview.before) : <Change before={pick(preview.before)} after={pick(after)} />;
  const liquidation = (view: AccountView): string => {
    const at = view.holdings.find((holding) => holding.asset === asset)?.liquidationPrice ?? null;
    const row = asset === undefined ? undefined : rows[asset]?.row;
    return at === null || row === undefined ? "none" : price(at, row.lotExponent, quote);
  };
  return (
    <div className="border-t border-rule pt-3" data-testid="effect">
      <Headroom
        equity={(after ?? preview?.before)?.equity ?? 0n} maintenance={(after ?? preview?.before)?.maintenance ?? 0n} initial={(after ?? preview?.before)?.initial ?? 0n}
        distanceBps={nearest(after ?? preview?.before ?? null)} ghost={preview?.before.equity}
      />
      <dl className="mt-1">
        <Row name="Equity">{shown((view) => money(view.equity, quote))}</Row>
        <Row name="Required to open">{shown((view) => money(view.initial, quote))}</Row>
        <Row name="Free for new risk">{shown((view) => money(view.freeCollateral, quote))}</Row>
        {asset !== undefined && <Row name="Liquidation price">{shown(liquidation)}</Row>}
        <Row name="Price move to liquidation">{shown((view) => distanceText(nearest(view)))}</Row>
      </dl>
    </div>
  );
}

/** The nearest of an account's liquidation prices. */
export function nearest(view: AccountView | null): bigint | null {
  const distances = (view?.holdings ?? []).flatMap((holding) => (holding.distanceBps === null ? [] : [holding.distanceBps]));
  return distances.reduce<bigint | null>((least, distance) => (least === null || distance < least ? distance : least), null);
}

export function distanceText(bps: bigint | null): string {
  return bps === null ? "none" : percent(bps, 1);
}
