import { useSyncExternalStore } from "react";

/** An order that another part of the page prepared: it only fills the form, nothing is sent. */
export interface OrderDraft {
  readonly market: number;
  readonly isBuy: boolean;
  readonly lots: bigint;
}

const listeners = new Set<() => void>();
let draft: OrderDraft | null = null;

export function setDraft(next: OrderDraft | null): void {
  draft = next;
  for (const listener of listeners) listener();
}

function observe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDraft(): OrderDraft | null {
  return useSyncExternalStore(observe, () => draft);
}
