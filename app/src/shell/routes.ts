import { useSyncExternalStore } from "react";

export const PAGES = [
  ["trade", "Trade"],
  ["account", "Account"],
  ["risk", "Risk"],
  ["insurance", "Insurance"],
  ["governance", "Governance"],
] as const;

export type Page = (typeof PAGES)[number][0];

/** `#/trade/SOL`: a page and, behind it, what it shows. */
export interface Route {
  readonly page: Page;
  readonly rest: string;
}

function isPage(text: string): text is Page {
  return PAGES.some(([page]) => page === text);
}

let last: { hash: string; route: Route } | null = null;

function current(): Route {
  if (last?.hash !== location.hash) {
    const [, page = "", rest = ""] = location.hash.split("/");
    last = { hash: location.hash, route: { page: isPage(page) ? page : "trade", rest: decodeURIComponent(rest) } };
  }
  return last.route;
}

function observe(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

export function useRoute(): Route {
  return useSyncExternalStore(observe, current);
}

export function go(page: Page, rest = ""): void {
  location.hash = rest === "" ? `#/${page}` : `#/${page}/${encodeURIComponent(rest)}`;
}
