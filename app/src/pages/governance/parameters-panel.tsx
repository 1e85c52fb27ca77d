import type { Rule } from "@firebreak/client/valuation";
import { useMemo, useState } from "react";

import { useBooks } from "../../chain/chain-context.tsx";
import { decimal, parse } from "../../format/numbers.ts";
import { parameterName, parameterText, parameterUnit, type ParameterUnit } from "../../model/parameter-names.ts";
import { valuesInForce, type SetKind, type SetName } from "../../model/parameters.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Button } from "../../ui/button.tsx";
import { Choice } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Segments } from "../../ui/segments.tsx";
import { Cell, Line, Table } from "../../ui/table.tsx";
import { useValuation } from "../../valuation/hooks.ts";
import { ProposalDraft } from "./proposal-draft.tsx";

const KINDS = [["asset", "Price & margin"], ["market", "Market"], ["bank", "Bank"], ["fund", "Fund"]] as const;
const TIGHTER = { Up: "higher", Down: "lower", Neither: "neither way" } as const;

/** Every parameter in force with its bounds; and a proposal, written right beside them. */
export function ParametersPanel() {
  const books = useBooks();
  const quote = useQuote();
  const valuation = useValuation();
  const [kind, setKind] = useState<SetKind>("asset");
  const [index, setIndex] = useState(0);
  const [isDrafting, setDrafting] = useState(false);
  const [typed, setTyped] = useState<ReadonlyMap<string, string>>(new Map());
  const name = useMemo<SetName>(() => ({ kind, index: kind === "fund" ? 0 : index }), [kind, index]);
  const rules = valuation?.rules(kind) ?? [];
  const now = books === null ? null : valuesInForce(books, name);
  const choose = (next: SetKind, at: number): void => (setKind(next), setIndex(at), setTyped(new Map()));
  const lotExponent = books?.listed[name.index]?.row.lotExponent ?? 0;
  const read = (rule: Rule | undefined, value: bigint): bigint | null => {
    const text = typed.get(rule?.name ?? "") ?? "";
    return text === "" ? value : parse(text, parameterUnit(rule?.name ?? "", lotExponent, quote).scale);
  };
  const next = now?.map((value, at) => read(rules[at], value)) ?? [];
  const isWrong = next.some((value) => value === null);
  const columns = [{ name: "Parameter" }, { name: "In force", isFigure: true }, ...(isDrafting ? [{ name: "New value", isFigure: true }] : []), { name: "Tighter is" }, { name: "Bounds", isFigure: true, isWide: true }];
  return (
    <Panel
      title="Parameters in force"
      actions={<Button small aria-pressed={isDrafting} onClick={() => (setDrafting(!isDrafting), setTyped(new Map()))}>{isDrafting ? "Stop drafting" : "Draft a proposal"}</Button>}
      flush
    >
      <div className="flex flex-wrap items-end gap-3 border-b border-rule p-4">
        <div className="max-w-full overflow-x-auto"><Segments name="Parameter set" value={kind} options={KINDS} onChange={(value) => choose(value, 0)} /></div>
        {kind !== "fund" && <div className="w-44"><SetChoice kind={kind} index={index} onChange={(at) => choose(kind, at)} /></div>}
      </div>
      <Table label="Parameters" columns={columns}>
        {rules.map((rule, at) => {
          const value = now?.[at] ?? null;
          const shown = (figure: bigint): string => parameterText(rule.name, figure, lotExponent, quote);
          return (
            <Line key={rule.name}>
              <Cell head><span className="font-medium">{parameterName(rule.name)}</span></Cell>
              <Cell figure>{value === null ? "–" : shown(value)}</Cell>
              {isDrafting && (
                <Cell figure>
                  <NewValue rule={rule} value={value ?? 0n} unit={parameterUnit(rule.name, lotExponent, quote)} text={typed.get(rule.name) ?? ""} isWrong={next[at] === null} onType={(text) => setTyped(new Map(typed).set(rule.name, text))} />
                </Cell>
              )}
              <Cell><span className="text-soft">{TIGHTER[rule.tighter]}</span></Cell>
              <Cell figure wide><span className="text-faint">{shown(rule.least)} to {shown(rule.most)}</span></Cell>
            </Line>
          );
        })}
      </Table>
      {isDrafting && now !== null && <ProposalDraft name={name} before={now} after={next.map((value, at) => value ?? now[at] ?? 0n)} isWrong={isWrong} done={() => setTyped(new Map())} />}
    </Panel>
  );
}

function NewValue(props: { rule: Rule; value: bigint; unit: ParameterUnit; text: string; isWrong: boolean; onType: (text: string) => void }) {
  const { scale, unit } = props.unit;
  return (
    <span className="inline-flex items-center gap-1.5">
      <input
        aria-label={`New ${parameterName(props.rule.name)}${unit === "" ? "" : `, ${unit}`}`} aria-invalid={props.isWrong} inputMode="decimal"
        placeholder={decimal(props.value, scale, scale).replaceAll(",", "")} value={props.text} onChange={(event) => props.onType(event.target.value)}
        className={`figure h-7 w-32 rounded-ctl border bg-well px-2 text-right placeholder:text-faint focus:border-accent ${props.isWrong ? "border-danger" : "border-rule-strong"}`}
      />
      <span aria-hidden="true" className="label w-[4ch] text-left">{unit}</span>
    </span>
  );
}

function SetChoice({ kind, index, onChange }: { kind: SetKind; index: number; onChange: (index: number) => void }) {
  const books = useBooks();
  const options = kind === "bank"
    ? (books?.banks ?? []).map((bank) => [bank.data.index, bank.data.index === 0 ? "Quote token" : (books?.listed[bank.data.asset]?.symbol ?? "?")] as const)
    : (books?.listed ?? []).filter((listed) => kind === "asset" || listed.market !== null).map((listed) => [listed.index, listed.symbol] as const);
  return (
    <Choice name="Of" value={index} onChange={(event) => onChange(Number(event.target.value))}>
      {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
    </Choice>
  );
}
