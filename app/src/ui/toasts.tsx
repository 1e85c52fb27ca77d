import { Toast } from "radix-ui";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";

import { Badge, type Tone } from "./badge.tsx";

interface Notice {
  readonly id: number;
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
  readonly link: { readonly href: string; readonly text: string } | null;
}

type Show = (notice: { tone: Tone; title: string; text: string; link?: Notice["link"] }) => void;

const Context = createContext<Show>(() => undefined);
const MOST = 4;

/** Says results at the edge of the page, and to screen readers; errors stay until they are closed. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const show = useCallback<Show>((notice) => {
    setNotices((before) => [...before, { link: null, ...notice, id: Date.now() + Math.random() }].slice(-MOST));
  }, []);
  const value = useMemo(() => show, [show]);
  return (
    <Context value={value}>
      <Toast.Provider label="Result" duration={9_000}>
        {children}
        {notices.map((notice) => (
          <Toast.Root
            key={notice.id}
            duration={notice.tone === "danger" ? 60_000 : 9_000}
            onOpenChange={(open) => !open && setNotices((before) => before.filter((one) => one.id !== notice.id))}
            className="border border-rule-strong bg-raised p-3.5 shadow-[0_8px_30px_#0008]"
          >
            <div className="flex items-start gap-3">
              <Badge tone={notice.tone}>{notice.tone === "danger" ? "Not done" : "Done"}</Badge>
              <Toast.Title className="text-[13.5px] font-semibold">{notice.title}</Toast.Title>
              <Toast.Close aria-label="Close" className="ml-auto text-faint hover:text-ink">✕</Toast.Close>
            </div>
            <Toast.Description className="mt-1.5 text-[13px] text-soft">{notice.text}</Toast.Description>
            {notice.link !== null && (
              <a href={notice.link.href} target="_blank" rel="noreferrer" className="mt-1.5 inline-block text-[13px] text-accent underline underline-offset-2">
                {notice.link.text}
              </a>
            )}
          </Toast.Root>
        ))}
        <Toast.Viewport className="fixed right-3 bottom-16 md:right-auto md:left-4 z-50 flex w-[min(24rem,calc(100vw-1.5rem))] flex-col gap-2 md:bottom-4" />
      </Toast.Provider>
    </Context>
  );
}

export function useToast(): Show {
  return useContext(Context);
}
