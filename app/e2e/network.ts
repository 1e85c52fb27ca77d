import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { test as base } from "@playwright/test";

import { PATIENCE_MS } from "./browser.ts";

/** What `firebreak localnet` writes. */
export interface Manifest {
  readonly rpc: string;
  readonly ws: string;
  readonly control: string;
  readonly assets: readonly { readonly index: number; readonly symbol: string; readonly lot_exponent: number; readonly feeds: readonly string[] }[];
  readonly keys: { readonly authority: string; readonly guardian: string; readonly makers: readonly string[] };
}

/** A local network with the real program, and the built page at its control server. */
export class Network {
  readonly manifest: Manifest;
  readonly #process: ChildProcess;
  #keeper: ChildProcess | null = null;
  readonly #folder: string;

  private constructor(manifest: Manifest, process: ChildProcess, folder: string) {
    this.manifest = manifest;
    this.#process = process;
    this.#folder = folder;
  }

  static async start(options: readonly string[]): Promise<Network> {
    const folder = mkdtempSync(join(tmpdir(), "firebreak-page-"));
    const page = new URL("../dist", import.meta.url).pathname;
    const ports = ["--port", "0", "--ws-port", "0", "--control-port", "0"];
    const child = spawn(binary(), ["localnet", ...ports, "--dir", folder, "--app", page, ...options], { stdio: ["ignore", "pipe", "pipe"] });
    const said: string[] = [];
    child.stdout.on("data", (text: Buffer) => said.push(text.toString()));
    child.stderr.on("data", (text: Buffer) => said.push(text.toString()));
    const file = join(folder, "localnet.json");
    const deadline = Date.now() + PATIENCE_MS;
    while (Date.now() < deadline && child.exitCode === null) {
      const manifest = existsSync(file) ? readManifest(file) : null;
      if (manifest !== null && (await answers(`${manifest.control}/localnet.json`))) return new Network(manifest, child, folder);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill("SIGKILL");
    throw new Error(`The local network did not start:\n${said.join("")}`);
  }

  /** Where the page is. */
  get page(): string {
    return this.manifest.control;
  }

  async #control(what: string, body: object): Promise<void> {
    const answer = await fetch(`${this.manifest.control}/control/${what}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`control/${what} answered ${answer.status}: ${await answer.text()}`);
  }

  /** Holds an asset's price there. */
  setPrice(asset: number, price: string): Promise<void> {
    return this.#control("price", { asset, price });
  }

  advance(seconds: number): Promise<void> {
    return this.#control("clock", { advance_seconds: seconds });
  }

  faucet(owner: string, atoms: bigint, bank = 0): Promise<void> {
    return this.#control("faucet", { owner, atoms: atoms.toString(), bank });
  }

  /** Starts the bot that liquidates, until the network stops. */
  startKeeper(deposit: string): void {
    const { rpc, ws } = this.manifest;
    const words = ["keeper", "--url", rpc, "--ws-url", ws, "--keypair", join(this.#folder, "keeper.json"), "--deposit", deposit];
    this.#keeper = spawn(binary(), words, { stdio: "ignore" });
  }

  /** Asks the command line, which prints one JSON document. */
  ask(...words: readonly string[]): unknown {
    const url = ["--url", this.manifest.rpc, "--ws-url", this.manifest.ws, "--json"];
    return JSON.parse(execFileSync(binary(), [...words, ...url], { encoding: "utf8" }));
  }

  async stop(): Promise<void> {
    this.#keeper?.kill("SIGKILL");
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGINT");
      const timer = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function binary(): string {
  const path = process.env["FIREBREAK_BIN"];
  if (path === undefined) throw new Error("FIREBREAK_BIN says where the built `firebreak` is: `cargo xtask test web` sets it.");
  return path;
}

function readManifest(file: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Manifest;
  } catch {
    return null; // half written
  }
}

async function answers(address: string): Promise<boolean> {
  return fetch(address).then((answer) => answer.ok, () => false);
}

/** Every test has a network of its own. */
export const test = base.extend<{ network: Network; options: readonly string[] }>({
  options: [[], { option: true }],
  network: async ({ options }, use) => {
    const network = await Network.start(options);
    await use(network);
    await network.stop();
  },
});

export { expect } from "@playwright/test";
