import type { Address } from "@solana/kit";
import { useMemo } from "react";

import { useBooks, useChain } from "../../chain/chain-context.tsx";
import { useHistory } from "../../chain/history.ts";
import { explorerLink } from "../../chain/use-act.ts";
import { clockTime, moment } from "../../format/times.ts";
import { eventLine } from "../../model/event-lines.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Skeleton } from "../../ui/figure.tsx";
import { Nothing } from "../../ui/panel.tsx";

/** What the program said of these addresses, newest first. */
export function HistoryList(props: { addresses: readonly Address[]; own?: string; limit?: number; empty: string; words?: readonly string[] }) {
  const books = useBooks();
  const quote = useQuote();
  const { endpoints } = useChain();
  const passed = useHistory(props.addresses, props.limit ?? 40);
  const lines = useMemo(() => {
    if (books === null || passed === null) return null;
    return passed.flatMap(({ signature, time, events }) =>
      events.flatMap((event, index) => {
        const line = eventLine(event, { books, quote, own: props.own ?? null });
        const isWanted = line !== null && (props.words === undefined || props.words.includes(line.word));
        return isWanted ? [{ ...line, signature, time, key: `${signature}${index}` }] : [];
      }),
    );
  }, [books, passed, quote, props.own, props.words]);
  if (lines === null) return <div className="p-4"><Skeleton width="70%" /></div>;
  if (lines.length === 0) return <Nothing>{props.empty}</Nothing>;
  return (
    <ol className="@container relative max-h-[26rem] overflow-y-auto" tabIndex={0} aria-label="History">
      {lines.map((line) => (
        <li key={line.key} className="arrives grid grid-cols-[5.2rem_1fr_auto] items-baseline gap-x-3 border-b border-rule px-4 py-2 text-[13px] last:border-b-0 @lg:grid-cols-[5.2rem_8.5rem_1fr_auto]">
          <time className="label" title={moment(line.time)} dateTime={new Date(Number(line.time) * 1_000).toISOString()}>{clockTime(line.time)}</time>
          <span className="@max-lg:col-start-2"><Badge tone={line.tone}>{line.word}</Badge></span>
          <span className="@max-lg:col-span-2 @max-lg:col-start-2 @max-lg:row-start-2">{line.text}</span>
          <a className="label text-accent underline underline-offset-2 @max-lg:col-start-3 @max-lg:row-start-1" href={explorerLink(line.signature, endpoints.rpc)} target="_blank" rel="noreferrer"><span className="sr-only">Transaction of {clockTime(line.time)} in the explorer: </span>tx</a>
        </li>
      ))}
    </ol>
  );
}
