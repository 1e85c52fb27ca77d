import type { ReactNode } from "react";

/** Column: its name, and whether it holds figures (set right). */
export interface Column {
  readonly name: string;
  readonly isFigure?: boolean;
  /** Left out where there is no room. */
  readonly isWide?: boolean;
}

/** A table that scrolls by itself where the screen is narrow; the first column names the row. */
export function Table({ label, columns, children, empty }: { label: string; columns: readonly Column[]; children: ReactNode; empty?: ReactNode }) {
  const isEmpty = Array.isArray(children) ? children.length === 0 : children === null;
  if (isEmpty && empty !== undefined) return <>{empty}</>;
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full border-collapse text-[13px]">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={`label border-b border-rule px-2 py-2 font-normal whitespace-nowrap md:px-3 first:pl-4 last:pr-4 ${column.isFigure === true ? "text-right" : "text-left"} ${column.isWide === true ? "max-md:hidden" : ""}`}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A row; `isChosen` marks the one in use. */
export function Line({ children, isChosen = false }: { children: ReactNode; isChosen?: boolean }) {
  return <tr className={`border-b border-rule last:border-b-0 ${isChosen ? "bg-accent-wash" : "hover:bg-raised/60"}`}>{children}</tr>;
}

export function Cell({ children, figure = false, wide = false, head = false }: { children: ReactNode; figure?: boolean; wide?: boolean; head?: boolean }) {
  const style = `px-2 py-2 align-baseline md:px-3 first:pl-4 last:pr-4 ${figure ? "figure text-right" : "text-left"} ${wide ? "max-md:hidden" : ""}`;
  return head ? <th scope="row" className={`${style} font-semibold`}>{children}</th> : <td className={style}>{children}</td>;
}
