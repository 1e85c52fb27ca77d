import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

/** A window over the page. Escape closes it, and focus returns to where it was. */
export function Dialog(props: { open: boolean; onOpenChange: (open: boolean) => void; title: string; text?: string; children: ReactNode }) {
  return (
    <Radix.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/60" />
        <Radix.Content
          {...(props.text === undefined ? { "aria-describedby": undefined } : {})}
          className="fixed top-[8vh] left-1/2 z-50 max-h-[84vh] w-[min(30rem,calc(100vw-1.5rem))] -translate-x-1/2 overflow-auto border border-rule-strong bg-sheet"
        >
          <header className="flex items-center border-b border-rule px-4 py-2.5">
            <Radix.Title className="text-[14px] font-semibold">{props.title}</Radix.Title>
            <Radix.Close aria-label="Close" className="ml-auto grid size-7 place-items-center rounded-ctl text-soft hover:bg-raised hover:text-ink">
              <svg aria-hidden="true" width="12" height="12" viewBox="0 0 12 12" stroke="currentColor" strokeWidth="1.5"><path d="m1.5 1.5 9 9M10.5 1.5l-9 9" /></svg>
            </Radix.Close>
          </header>
          <div className="p-4">
            {props.text !== undefined && <Radix.Description className="mb-4 text-[13px] text-soft">{props.text}</Radix.Description>}
            {props.children}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
