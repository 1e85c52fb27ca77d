import { useId, type ReactNode } from "react";

/** A ruled section of the sheet with its heading. */
export function Panel(props: { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string; flush?: boolean }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`min-w-0 border border-rule bg-sheet ${props.className ?? ""}`}>
      <header className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-rule px-4 py-2">
        <h2 id={id} className="text-[13.5px] font-semibold">{props.title}</h2>
        {props.note !== undefined && <div className="label min-w-0">{props.note}</div>}
        {props.actions !== undefined && <div className="ml-auto flex items-center gap-2">{props.actions}</div>}
      </header>
      <div className={props.flush === true ? "" : "p-4"}>{props.children}</div>
    </section>
  );
}

/** What is shown where there is nothing, and what to do about it. */
export function Nothing({ children }: { children: ReactNode }) {
  return <p className="px-4 py-5 text-[13px] text-faint">{children}</p>;
}
