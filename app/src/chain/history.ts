import { decodeEvents, type FirebreakEvent } from "@firebreak/client";
import type { Address, Signature } from "@solana/kit";
import { useEffect, useMemo, useState } from "react";

import { useChain, useMirror } from "./chain-context.tsx";
import type { Connection } from "./connection.ts";
import type { Mirror } from "./mirror.ts";

/** A transaction that touched what was asked for, with what the program said in it. */
export interface Passed {
  readonly signature: Signature;
  readonly slot: bigint;
  readonly time: bigint;
  readonly events: readonly FirebreakEvent[];
}

const kept = new Map<string, Passed | null>();
/** Requests at once: a public node limits them. */
const AT_ONCE = 4;
/** Least milliseconds between two looks. */
const REST_MS = 2_000;

async function read(connection: Connection, signature: Signature): Promise<Passed | null> {
  const known = kept.get(signature);
  if (known !== undefined) return known;
  const found = await connection.rpc
    .getTransaction(signature, { commitment: "confirmed", encoding: "base64", maxSupportedTransactionVersion: 0 })
    .send();
  if (found === null) return null;
  const failed = found.meta === null || found.meta.err !== null;
  const passed = failed ? null : { signature, slot: found.slot, time: found.blockTime ?? 0n, events: decodeEvents(found.meta?.logMessages ?? []) };
  kept.set(signature, passed);
  return passed;
}

/** The newest transactions of these addresses that succeeded, newest first. */
async function passedOf(connection: Connection, addresses: readonly Address[], limit: number): Promise<Passed[]> {
  const lists = await Promise.all(
    addresses.map((address) => connection.rpc.getSignaturesForAddress(address, { limit, commitment: "confirmed" }).send()),
  );
  const signatures = [...new Set(lists.flat().filter((one) => one.err === null).sort((one, other) => Number(other.slot - one.slot)).map((one) => one.signature))];
  const wanted = signatures.slice(0, limit);
  const found: (Passed | null)[] = [];
  for (let start = 0; start < wanted.length; start += AT_ONCE) {
    found.push(...(await Promise.all(wanted.slice(start, start + AT_ONCE).map((signature) => read(connection, signature)))));
  }
  return found.filter((one) => one !== null).filter((one) => one.events.length > 0);
}

/** Follows the history of a few addresses: looked at again whenever one of them changes, and with every full reading. */
export function useHistory(addresses: readonly Address[], limit: number): readonly Passed[] | null {
  const { connection } = useChain();
  const key = addresses.join(" ");
  const stamp = useMirror(useMemo(() => {
    const watched = key.split(" ");
    return (mirror: Mirror) => watched.reduce((sum, address) => sum + (mirror.accounts.get(address as Address)?.slot ?? 0n), BigInt(mirror.rereads)).toString();
  }, [key]));
  const [passed, setPassed] = useState<readonly Passed[] | null>(null);
  useEffect(() => {
    let isGone = false;
    const timer = setTimeout(() => {
      passedOf(connection, key === "" ? [] : (key.split(" ") as Address[]), limit).then(
        (found) => !isGone && setPassed(found),
        () => undefined, // the banner says that the node does not answer
      );
    }, passed === null ? 0 : REST_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
    // What was found before only decides how soon to look.
  }, [connection, key, limit, stamp]);
  return passed;
}
