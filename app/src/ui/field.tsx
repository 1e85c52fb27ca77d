import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes } from "react";

interface FieldProps {
  readonly name: string;
  /** Behind the input: its unit. */
  readonly unit?: ReactNode;
  /** Below the input: what is possible, or what is wrong. */
  readonly note?: ReactNode;
  readonly problem?: string | null;
  readonly action?: ReactNode;
}

const BOX = "flex h-9 items-center rounded-ctl border bg-well focus-within:border-accent focus-within:outline-1 focus-within:outline-accent";

/** An input with its name, unit and what is wrong with it. */
export function Field({ name, unit, note, problem, action, ...rest }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const isWrong = problem !== undefined && problem !== null;
  return (
    <div>
      <div className="mb-1 flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="label">{name}</label>
        {action}
      </div>
      <div className={`${BOX} ${isWrong ? "border-danger" : "border-rule-strong"}`}>
        <input
          autoComplete="off"
          spellCheck={false}
          {...rest}
          id={id}
          aria-invalid={isWrong}
          aria-describedby={`${id}-note`}
          className="figure h-full min-w-0 flex-1 bg-transparent px-2.5 text-[14px] outline-none placeholder:text-faint"
        />
        {unit !== undefined && <span className="label border-l border-rule px-2.5">{unit}</span>}
      </div>
      <p id={`${id}-note`} className={`mt-1 min-h-4 text-[12px] leading-4 ${isWrong ? "text-danger" : "text-faint"}`}>
        {isWrong ? problem : note}
      </p>
    </div>
  );
}

/** A choice among a few. */
export function Choice({ name, note, children, ...rest }: { name: string; note?: ReactNode } & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="label mb-1 block">{name}</label>
      <div className={`${BOX} border-rule-strong`}>
        <select {...rest} id={id} className="h-full w-full min-w-0 cursor-pointer appearance-none bg-transparent px-2.5 text-[13.5px] outline-none [&>option]:bg-raised">
          {children}
        </select>
        <svg aria-hidden="true" className="pointer-events-none mr-2.5 shrink-0 text-faint" width="9" height="6" viewBox="0 0 9 6" fill="none" stroke="currentColor" strokeWidth="1.4"><path d="m1 1 3.5 3.5L8 1" /></svg>
      </div>
      {note !== undefined && <p className="mt-1 text-[12px] text-faint">{note}</p>}
    </div>
  );
}
