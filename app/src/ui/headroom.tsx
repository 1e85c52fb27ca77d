import { distanceTone } from "./states.ts";

/**
 * The firebreak of an account, drawn: on the left, what it must hold; on the right, what it has; between them, the cleared strip. The further
 * right, the safer. `ghost` is where it stood before.
 */
export function Headroom(props: { equity: bigint; maintenance: bigint; initial: bigint; distanceBps: bigint | null; ghost?: bigint | undefined }) {
  const scale = largest([props.equity, props.initial * 2n, props.maintenance * 3n, props.ghost ?? 0n, 1n]);
  const at = (amount: bigint): number => Number((clamp(amount, scale) * 10_000n) / scale) / 100;
  const tone = props.equity < props.maintenance ? "danger" : distanceTone(props.distanceBps);
  const colour = `var(--${tone})`;
  const [need, have, open] = [at(props.maintenance), at(props.equity), at(props.initial)];
  return (
    <div aria-hidden="true" className="relative h-14 select-none">
      <div className="absolute inset-x-0 top-5 h-4 bg-well ring-1 ring-rule ring-inset" />
      <div className="absolute top-5 h-4 bg-rule-strong" style={{ left: 0, width: `${Math.min(need, have)}%` }} />
      <div className="hatched absolute top-5 h-4 transition-[left,width] duration-300" style={{ "--strip": colour, left: `${Math.min(need, have)}%`, width: `${Math.abs(have - need)}%` } as React.CSSProperties} />
      <i className="absolute top-4 h-6 w-px" style={{ left: `${need}%`, background: "var(--ink-faint)" }} />
      <i className="absolute top-5 h-6 w-px opacity-60" style={{ left: `${open}%`, background: "var(--ink-faint)" }} />
      {props.ghost !== undefined && <i className="absolute top-5 h-4 w-px" style={{ left: `${at(props.ghost)}%`, background: "var(--ink-faint)" }} />}
      <i className="absolute top-3.5 h-7 w-[3px] -translate-x-1/2 transition-[left] duration-300" style={{ left: `${have}%`, background: colour }} />
      {props.maintenance > 0n && <Tick at={need} text="maintenance" top />}
      {props.initial > 0n && <Tick at={open} text="initial" />}
    </div>
  );
}

function Tick({ at, text, top = false }: { at: number; text: string; top?: boolean }) {
  const side = at > 70 ? "-translate-x-full pr-1" : "pl-0";
  return <span className={`label absolute text-[11px] leading-3 ${top ? "top-0.5" : "top-[43px]"} ${side}`} style={{ left: `${at}%` }}>{text}</span>;
}

function largest(amounts: readonly bigint[]): bigint {
  return amounts.reduce((most, amount) => (amount > most ? amount : most), 1n);
}

function clamp(amount: bigint, most: bigint): bigint {
  return amount < 0n ? 0n : amount > most ? most : amount;
}
