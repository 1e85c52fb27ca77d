import { useMemo } from "react";

import { useBooks, useNow } from "../../chain/chain-context.tsx";
import { useHistory } from "../../chain/history.ts";
import { LinesChart, type Series } from "../../charts/lines-chart.tsx";
import { Nothing, Panel } from "../../ui/panel.tsx";

/** What an atom buys at first: shares are counted in thousandths of it. */
const FIRST_SHARES = 1_000;

/** The share price over time, from what the fund's events say it held. For pixels only: amounts on this page come from the program's code. */
export function SharePrice() {
  const books = useBooks();
  const now = useNow();
  const addresses = useMemo(() => (books === null ? [] : [books.at.insuranceFund]), [books?.at]);
  const passed = useHistory(addresses, 100);
  const virtual = books?.fund.data.virtualShares ?? 0n;
  const minute = now / 60n;
  const series = useMemo<Series>(() => {
    const points = (passed ?? []).flatMap(({ time, events }) =>
      events.flatMap((event) => {
        if (event.name !== "Staked" && event.name !== "Unstaked" && event.name !== "InsuranceSwept") return [];
        // Events count the shares that somebody holds; nobody’s shares own their part, too.
        const all = virtual + (event.name === "InsuranceSwept" ? event.data.shares : event.data.allShares);
        const total = Number(event.data.assets + event.data.deployed);
        return all === 0n ? [] : [{ time: Number(time), price: (total * FIRST_SHARES) / Number(all) }];
      }),
    );
    const ordered = points.reverse().filter((point, index, list) => index === list.length - 1 || point.time !== list[index + 1]?.time);
    const last = ordered.at(-1);
    const drawn = last === undefined || Number(minute) * 60 <= last.time ? ordered : [...ordered, { time: Number(minute) * 60, price: last.price }];
    return { times: drawn.map((point) => point.time), values: drawn.map((point) => point.price) };
  }, [passed, virtual, minute]);
  return (
    <Panel title="Share price" note="From the fund’s events">
      {series.times.length < 2 ? (
        <div className="-m-4 h-[204px]"><Nothing>The price appears with the first stakes and sweeps.</Nothing></div>
      ) : (
        <LinesChart series={series} height={180} label={`Share price, now ${series.values.at(-1)?.toFixed(6) ?? ""}`} format={(value) => value.toFixed(5)} />
      )}
    </Panel>
  );
}
