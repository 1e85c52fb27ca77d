import type { ReactNode } from "react";

/** A placeholder as wide as the figure it stands for, so that nothing moves when it arrives. */
export function Skeleton({ width = "6ch" }: { width?: string }) {
  return <span aria-hidden="true" className="skeleton inline-block h-[0.95em] align-[-0.1em]" style={{ width }} />;
}

/** A figure or, until it is known, its place. */
export function Value({ children, width }: { children: ReactNode; width?: string }) {
  const isMissing = children === null || children === undefined;
  return isMissing ? <><span className="sr-only">not known yet</span><Skeleton {...(width === undefined ? {} : { width })} /></> : <>{children}</>;
}

/** Name above, figure below. */
export function Stat(props: { name: ReactNode; children: ReactNode; note?: ReactNode; large?: boolean; width?: string }) {
  return (
    <div className="min-w-0">
      <dt className="label">{props.name}</dt>
      <dd className={`figure ${props.large === true ? "text-[20px] leading-7" : "text-[14px]"}`}>
        <Value {...(props.width === undefined ? {} : { width: props.width })}>{props.children}</Value>
      </dd>
      {props.note !== undefined && <dd className="label mt-0.5">{props.note}</dd>}
    </div>
  );
}

/** Name left, figure right, on a ruled line. */
export function Row(props: { name: ReactNode; children: ReactNode; strong?: boolean; note?: ReactNode }) {
  return (
    <div className={`flex items-baseline justify-between gap-4 border-b border-rule py-1.5 last:border-b-0 ${props.strong === true ? "font-semibold" : ""}`}>
      <dt className={props.strong === true ? "text-[13px]" : "text-[13px] text-soft"}>
        {props.name}
        {props.note !== undefined && <span className="label ml-2">{props.note}</span>}
      </dt>
      <dd className="figure text-right text-[13.5px]"><Value>{props.children}</Value></dd>
    </div>
  );
}

/** A figure before and after. */
export function Change({ before, after }: { before: ReactNode; after: ReactNode }) {
  return (
    <>
      <span className="text-faint">{before}</span>
      <span aria-hidden="true" className="mx-1.5 text-faint">→</span>
      <span className="sr-only">becomes</span>
      {after}
    </>
  );
}
