import type { ReactNode } from "react";

export type Tone = "safe" | "caution" | "danger" | "plain" | "accent";

const TONES: Readonly<Record<Tone, string>> = {
  safe: "text-safe bg-safe-wash",
  caution: "text-caution bg-caution-wash",
  danger: "text-danger bg-danger-wash",
  plain: "text-soft bg-raised",
  accent: "text-accent bg-accent-wash",
};

/** Shapes as well as colours: a tick, a bar, a cross. */
const SHAPES: Readonly<Record<Tone, ReactNode>> = {
  safe: <path d="M1.5 5.2 4 7.6 8.6 2.4" />,
  caution: <path d="M5 1v5M5 8.2v.6" />,
  danger: <path d="M2 2l6 6M8 2 2 8" />,
  plain: null,
  accent: null,
};

/** A state in one word, told by colour, shape and text. */
export function Badge({ tone, children, title }: { tone: Tone; children: ReactNode; title?: string }) {
  const shape = SHAPES[tone];
  return (
    <span title={title} className={`inline-flex h-5 items-center gap-1 rounded-[2px] px-1.5 text-[12px] font-medium whitespace-nowrap ${TONES[tone]}`}>
      {shape !== null && (
        <svg aria-hidden="true" width="10" height="10" viewBox="0 0 10 10" fill="none" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round">
          {shape}
        </svg>
      )}
      {children}
    </span>
  );
}
