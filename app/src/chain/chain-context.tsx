import { addressesOf, type Addresses } from "@firebreak/client";
import type { IdentifierString } from "@wallet-standard/base";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";

import { booksOf, type Books } from "../model/books.ts";
import { priceHistory } from "../model/price-history.ts";
import { connect, networkOf, type Connection } from "./connection.ts";
import { endpoints, type Endpoints } from "./endpoints.ts";
import { Follower } from "./follower.ts";
import { findLocalNetwork, type LocalNetwork } from "./local-network.ts";
import { chainNow, type Mirror } from "./mirror.ts";

/** A connection to one clearinghouse, and what is known of it. */
export interface Chain {
  readonly endpoints: Endpoints;
  /** Null on a public network. */
  readonly local: LocalNetwork | null;
  /** What wallets call it. */
  readonly network: IdentifierString;
  readonly connection: Connection;
  readonly at: Addresses;
  readonly follower: Follower;
}

const Context = createContext<Chain | null>(null);

async function open(): Promise<Omit<Chain, "follower">> {
  const asked = endpoints();
  const isChosen = new URLSearchParams(location.search).has("rpc");
  const local = await findLocalNetwork(asked, isChosen);
  const found = local === null ? asked : { ...asked, rpc: local.rpc, ws: local.ws, control: local.control };
  const at = local === null || asked.isIdChosen ? found : { ...found, clearinghouseId: local.clearinghouseId };
  const connection = connect(at.rpc, at.ws);
  const [addresses, network] = await Promise.all([addressesOf(at.clearinghouseId), networkOf(connection)]);
  return { endpoints: at, local, network, connection, at: addresses };
}

/** Opens the connection and follows the clearinghouse as long as the page is open. */
export function ChainProvider({ waiting, children }: { waiting: ReactNode; children: (chain: Chain) => ReactNode }) {
  const [chain, setChain] = useState<Chain | null>(null);
  useEffect(() => {
    let follower: Follower | null = null;
    let isGone = false;
    void open().then((opened) => {
      if (isGone) return;
      follower = new Follower(opened.connection, (accounts) => {
        const banks = booksOf(opened.at, accounts)?.banks ?? [];
        return [opened.at.insuranceVault, ...banks.map((bank) => bank.data.vault)];
      });
      follower.start();
      setChain({ ...opened, follower });
    });
    return () => {
      isGone = true;
      follower?.stop();
    };
  }, []);
  if (chain === null) return waiting;
  return <Context value={chain}>{children(chain)}</Context>;
}

export function useChain(): Chain {
  const chain = useContext(Context);
  if (chain === null) throw new Error("useChain needs a ChainProvider above it");
  return chain;
}

/** A part of what is known; renders again only when that part is another. */
export function useMirror<T>(select: (mirror: Mirror) => T): T {
  const { follower } = useChain();
  return useSyncExternalStore(
    follower.subscribe,
    useCallback(() => select(follower.mirror()), [follower, select]),
  );
}

const accountsOf = (mirror: Mirror): Mirror["accounts"] => mirror.accounts;

const BooksContext = createContext<Books | null>(null);

/** Decodes once for all pages. */
export function BooksProvider({ children }: { children: ReactNode }) {
  const { at } = useChain();
  const accounts = useMirror(accountsOf);
  const books = useMemo(() => booksOf(at, accounts), [at, accounts]);
  useEffect(() => {
    if (books !== null) priceHistory.note(books.board.data.rows);
  }, [books]);
  return <BooksContext value={books}>{children}</BooksContext>;
}

/** The clearinghouse's accounts; null until they are read. */
export function useBooks(): Books | null {
  return useContext(BooksContext);
}

/** The chain's time in whole seconds; 0 until it is known. */
export function useNow(): bigint {
  return useMirror(nowOf);
}

const nowOf = (mirror: Mirror): bigint => chainNow(mirror) ?? 0n;

const phaseOf = (mirror: Mirror): Mirror["phase"] => mirror.phase;

export function usePhase(): Mirror["phase"] {
  return useMirror(phaseOf);
}
