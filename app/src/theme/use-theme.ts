import { useCallback, useSyncExternalStore } from "react";

export type Theme = "dark" | "light";

const KEY = "firebreak.theme";

function current(): Theme {
  return document.documentElement.dataset["theme"] === "light" ? "light" : "dark";
}

function observe(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}

/** The theme in force, and a switch whose choice is kept. */
export function useTheme(): { theme: Theme; toggle: () => void } {
  const theme = useSyncExternalStore(observe, current);
  const toggle = useCallback(() => {
    const next: Theme = current() === "dark" ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    localStorage.setItem(KEY, next);
  }, []);
  return { theme, toggle };
}

/** A colour of the theme, for canvases. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
