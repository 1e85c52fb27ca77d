import { instructions } from "@firebreak/client";

import { useBooks, useNow } from "../../chain/chain-context.tsx";
import { useAct } from "../../chain/use-act.ts";
import { percent } from "../../format/numbers.ts";
import { duration } from "../../format/times.ts";
import { size } from "../../format/units.ts";
import { useChosenAccount } from "../../model/own-accounts.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Cell, Line, Table } from "../../ui/table.tsx";

const COLUMNS = [{ name: "Market" }, { name: "Buys", isFigure: true }, { name: "Sells", isFigure: true }, { name: "From mark", isFigure: true }, { name: "Ends in", isFigure: true }, { name: "Offer" }];

/** The chosen account's standing offers; nothing where it has none. */
export function OwnOffers() {
  const books = useBooks();
  const now = useNow();
  const account = useChosenAccount();
  const { act, isBusy, cannot } = useAct();
  const own = (books?.offers ?? []).filter((offer) => offer.data.marginAccount === account?.address);
  if (account === null || own.length === 0) return null;
  const cancel = (market: number, symbol: string): void => {
    const { owner } = account.data;
    void act({
      title: `Cancel the ${symbol} offer`,
      instructions: async () => [await instructions.cancelOffer({ market, trader: owner, maker: account.address, rentReceiver: owner })],
      said: () => "Nobody can take it any more; its rent is back in the wallet.",
    });
  };
  return (
    <Panel title="Own offers" flush>
      <Table label="Own offers" columns={COLUMNS}>
        {own.map(({ address, data }) => {
          const listed = books?.listed[data.market];
          const [exponent, symbol] = [listed?.row.lotExponent ?? 0, listed?.symbol ?? "?"];
          return (
            <Line key={address}>
              <Cell head>{symbol}</Cell>
              <Cell figure>{size(data.bidLots, exponent)}</Cell>
              <Cell figure>{size(data.askLots, exponent)}</Cell>
              <Cell figure>{percent(data.bidSpreadBps)} / {percent(data.askSpreadBps)}</Cell>
              <Cell figure>{data.expiresAt > now ? duration(data.expiresAt - now) : <Badge tone="caution">Expired</Badge>}</Cell>
              <Cell><Button small disabled={isBusy || cannot !== null} onClick={() => cancel(data.market, symbol)}>Cancel</Button></Cell>
            </Line>
          );
        })}
      </Table>
    </Panel>
  );
}
