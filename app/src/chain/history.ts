import { decodeEvents, type FirebreakEvent } from "@firebreak/client";
import type { Address, Signature } from "@solana/kit";
import { useEffect, useState } from "react";

import { useChain } from "./chain-context.tsx";
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

/** What changes whenever one of these accounts does, and with every full reading. */
function stampOf(mirror: Mirror, addresses: readonly Address[]): bigint {
  return addresses.reduce((sum, address) => sum + (mirror.accounts.get(address)?.slot ?? 0n), BigInt(mirror.rereads));
}

/** Follows the history of a few addresses: looked at again, at most every two seconds, when one of them has changed. */
export function useHistory(addresses: readonly Address[], limit: number): readonly Passed[] | null {
  const { connection, follower } = useChain();
  const key = addresses.join(" ");
  const [passed, setPassed] = useState<readonly Passed[] | null>(null);
  useEffect(() => {
    const watched = key === "" ? [] : (key.split(" ") as Address[]);
    let isGone = false;
    let seen = -1n;
    const look = async (): Promise<void> => {
      while (!isGone) {
        const stamp = stampOf(follower.mirror(), watched);
        if (stamp !== seen) {
          const found = await passedOf(connection, watched, limit).catch(() => null); // the banner says that the node does not answer
          if (isGone) return;
          if (found !== null) {
            seen = stamp;
            setPassed(found);
          }
        }
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
    };
    void look();
    return () => {
      isGone = true;
    };
  }, [connection, follower, key, limit]);
  return passed;
}
