import { FIREBREAK_PROGRAM_ADDRESS } from "@firebreak/client";
import type { Address } from "@solana/kit";

import { bytesOf, CLOCK_SYSVAR, clockOf, type Connection } from "./connection.ts";
import { EMPTY, type Mirror, type Raw } from "./mirror.ts";

/** How often the clock is read, which is also the heartbeat. */
const BEAT_MS = 1_000;
/** How often everything is read again, whatever the subscription said. */
const REREAD_MS = 15_000;
/** Without a sign of life for this long, what the page shows is called stale. */
const STALE_MS = 4_000;
const REQUEST_MS = 5_000;
const EMPTY_BYTES = new Uint8Array();
const BACKOFF_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** The token accounts that back these accounts. */
export type VaultsOf = (accounts: ReadonlyMap<Address, Raw>) => readonly Address[];

/**
 * Follows all accounts of the program: one subscription, a full reading at first, after each reconnection and every 15 seconds, and the
 * chain's clock as heartbeat.
 */
export class Follower {
  #mirror: Mirror = EMPTY;
  #accounts = new Map<Address, Raw>();
  readonly #listeners = new Set<() => void>();
  readonly #stop = new AbortController();
  readonly #connection: Connection;
  readonly #vaultsOf: VaultsOf;
  #rereadAt = 0;
  #isReading = false;
  #pending = false;

  constructor(connection: Connection, vaultsOf: VaultsOf) {
    this.#connection = connection;
    this.#vaultsOf = vaultsOf;
  }

  /** What is known now. */
  readonly mirror = (): Mirror => this.#mirror;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    void this.#beat();
    void this.#listen();
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Reads everything again now: after an own transaction, whatever the subscription does. */
  readonly reread = async (): Promise<void> => {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      await this.#readAll();
    } finally {
      this.#isReading = false;
    }
  };

  #set(change: Partial<Mirror>): void {
    this.#mirror = { ...this.#mirror, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** Publishes accounts at most once per frame. */
  #publishSoon(): void {
    if (this.#pending) return;
    this.#pending = true;
    setTimeout(() => {
      this.#pending = false;
      this.#set({ accounts: new Map(this.#accounts) });
    }, 50);
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#stop.signal, AbortSignal.timeout(REQUEST_MS)]);
  }

  async #beat(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const started = performance.now();
      try {
        await this.#readClock();
        if (this.#mirror.phase !== "live" || started - this.#rereadAt > REREAD_MS) await this.reread();
      } catch (error) {
        this.#judge(error instanceof Error ? error.message : String(error));
      }
      await pause(Math.max(100, BEAT_MS - (performance.now() - started)), this.#stop.signal);
    }
  }

  #judge(trouble: string): void {
    if (this.#stop.signal.aborted) return;
    const silent = performance.now() - this.#mirror.heardAt;
    const phase = this.#mirror.whole === null ? "connecting" : silent > STALE_MS ? "down" : "stale";
    this.#set({ phase, trouble });
  }

  async #readClock(): Promise<void> {
    const { value } = await this.#connection.rpc
      .getAccountInfo(CLOCK_SYSVAR, { encoding: "base64", commitment: "confirmed" })
      .send({ abortSignal: this.#signal() });
    if (value === null) throw new Error("the node knows no clock");
    const { slot, time } = clockOf(bytesOf(value.data[0]));
    const readAt = performance.now();
    this.#set({ clock: { time, readAt }, heardAt: readAt, slot: slot > this.#mirror.slot ? slot : this.#mirror.slot });
  }

  async #readVaults(): Promise<Map<Address, Uint8Array>> {
    const addresses = this.#vaultsOf(this.#accounts);
    if (addresses.length === 0) return new Map();
    const { value } = await this.#connection.rpc
      .getMultipleAccounts([...addresses], { encoding: "base64", commitment: "confirmed" })
      .send({ abortSignal: this.#signal() });
    return new Map(
      value.flatMap((account, index) => {
        const address = addresses[index];
        return account === null || address === undefined ? [] : [[address, bytesOf(account.data[0])] as const];
      }),
    );
  }

  async #readAll(): Promise<void> {
    const before = await this.#readVaults();
    const answer = await this.#connection.rpc
      .getProgramAccounts(FIREBREAK_PROGRAM_ADDRESS, { encoding: "base64", commitment: "confirmed", withContext: true })
      .send({ abortSignal: this.#signal() });
    const after = await this.#readVaults();
    const slot = answer.context.slot;
    const accounts = new Map<Address, Raw>();
    for (const { pubkey, account } of answer.value) {
      const known = this.#accounts.get(pubkey);
      const bytes = bytesOf(account.data[0]);
      // The same bytes keep their object, so that nothing is decoded twice.
      accounts.set(pubkey, known !== undefined && equal(known.bytes, bytes) ? known : { address: pubkey, bytes, slot });
    }
    const newer = [...this.#accounts.values()].filter((raw) => raw.slot > slot);
    this.#accounts = new Map([...accounts, ...newer.map((raw) => [raw.address, raw] as const)]);
    // Tokens that moved in between would make the books look uneven: then the reading before stands.
    const isOneMoment = [...after].every(([address, bytes]) => equal(before.get(address) ?? EMPTY_BYTES, bytes));
    this.#rereadAt = performance.now();
    this.#set({
      phase: "live",
      trouble: null,
      heardAt: performance.now(),
      accounts: new Map(this.#accounts),
      whole: isOneMoment ? { slot, accounts, vaults: after } : this.#mirror.whole,
      rereads: this.#mirror.rereads + 1,
    });
  }

  /** The subscription. Whenever it ends, it is made again, and everything is read once more: what was missed is not known. */
  async #listen(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      try {
        const notifications = await this.#connection.subscriptions
          .programNotifications(FIREBREAK_PROGRAM_ADDRESS, { encoding: "base64", commitment: "confirmed" })
          .subscribe({ abortSignal: this.#stop.signal });
        if (failures > 0) this.#set({ reconnects: this.#mirror.reconnects + 1 });
        failures = 0;
        if (this.#mirror.whole !== null) void this.reread().catch(() => undefined);
        for await (const { context, value } of notifications) {
          this.#take(value.pubkey, bytesOf(value.account.data[0]), context.slot, value.account.lamports);
        }
      } catch {
        // The heartbeat says whether the node is gone; here it only matters that there is no subscription.
      }
      failures += 1;
      await pause(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1] ?? 8_000, this.#stop.signal);
    }
  }

  #take(address: Address, bytes: Uint8Array, slot: bigint, lamports: bigint): void {
    const known = this.#accounts.get(address);
    if (known !== undefined && known.slot > slot) return;
    if (lamports === 0n || bytes.length === 0) this.#accounts.delete(address);
    else this.#accounts.set(address, { address, bytes, slot });
    this.#publishSoon();
  }
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
