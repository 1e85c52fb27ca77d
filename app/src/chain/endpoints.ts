/** Where the page reads and sends. */
export interface Endpoints {
  readonly rpc: string;
  readonly ws: string;
  /** The local network's control server; where it does not answer, this is no local network. */
  readonly control: string;
  readonly clearinghouseId: bigint;
  /** Whether somebody chose the number; else the local network says its own. */
  readonly isIdChosen: boolean;
}

const KEY = "firebreak.endpoints";
const LOCAL_RPC = "http://127.0.0.1:8899";
const LOCAL_CONTROL = "http://127.0.0.1:8901";

interface Kept {
  readonly rpc?: string;
  readonly ws?: string;
  readonly control?: string;
  readonly clearinghouseId?: string;
}

function isAddress(text: string | null | undefined): text is string {
  return typeof text === "string" && /^(https?|wss?):\/\/.+/.test(text);
}

/** A node's WebSocket address, where nobody says another: the next port, or the same host without one. */
export function webSocketOf(rpc: string): string {
  const url = new URL(rpc);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (url.port !== "") url.port = String(Number(url.port) + 1);
  return url.toString().replace(/\/$/, "");
}

function kept(): Kept {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** From the page's address (`?rpc=`, `?ws=`, `?control=`, `?clearinghouse=`), else as set before, else the local network. */
export function endpoints(): Endpoints {
  const asked = new URLSearchParams(location.search);
  const before = kept();
  const pick = (name: "rpc" | "ws" | "control"): string | null =>
    [asked.get(name), asked.has("rpc") ? null : before[name]].find(isAddress) ?? null;
  const rpc = pick("rpc") ?? LOCAL_RPC;
  const chosen = asked.get("clearinghouse") ?? before.clearinghouseId ?? "";
  const isIdChosen = /^\d+$/.test(chosen);
  return {
    rpc,
    ws: pick("ws") ?? webSocketOf(rpc),
    control: pick("control") ?? LOCAL_CONTROL,
    clearinghouseId: isIdChosen ? BigInt(chosen) : 1n,
    isIdChosen,
  };
}

/** Keeps other addresses and starts again with them. */
export function changeEndpoints(next: { rpc: string; ws: string; clearinghouseId: string }): void {
  localStorage.setItem(KEY, JSON.stringify(next));
  location.href = location.pathname + location.hash;
}
