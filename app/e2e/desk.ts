import { readFileSync } from "node:fs";

import { expect, type Locator, type Page } from "@playwright/test";
import { getAddressDecoder } from "@solana/kit";

/** The page as a person uses it: by names, roles and labels only. */
export class Desk {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(address: string, route = "trade"): Promise<void> {
    await this.page.goto(`${address}/#/${route}`);
    await this.live();
  }

  async live(): Promise<void> {
    await expect(this.page.getByTestId("live-state")).toHaveAttribute("data-phase", "live");
  }

  async go(name: string): Promise<void> {
    await this.page.getByRole("navigation", { name: "Pages" }).first().getByRole("link", { name, exact: true }).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeAttached();
  }

  async connectBurner(): Promise<void> {
    await this.page.getByRole("button", { name: "Connect wallet" }).click();
    await this.page.getByRole("button", { name: "Use the burner wallet" }).click();
    await expect(this.page.getByRole("button", { name: /BURNER/ })).toBeVisible();
  }

  /** Whose wallet is connected. */
  async address(): Promise<string> {
    await this.page.getByRole("banner").getByRole("button", { name: /….{4}$/ }).click();
    const address = (await this.page.getByRole("dialog").locator(".font-mono").textContent()) ?? "";
    await this.page.keyboard.press("Escape");
    await expect(this.page.getByRole("dialog")).toHaveCount(0);
    return address;
  }

  /** Acts with a key file, as the local network's authority or guardian. */
  async connectKey(file: string): Promise<void> {
    await this.page.getByRole("button", { name: /Connect wallet|BURNER/ }).click();
    await this.page.getByLabel("Key file").setInputFiles(file);
    const address = addressIn(file);
    await expect(this.page.getByRole("dialog").getByText(address)).toBeVisible();
    await this.page.keyboard.press("Escape");
    await expect(this.page.getByRole("dialog")).toHaveCount(0);
    await expect(this.page.getByRole("button", { name: /BURNER/ })).toBeVisible();
  }

  /** Waits for a result of this title that says that it was not done, and closes it. */
  async refused(title: string | RegExp): Promise<string> {
    const text = await this.#result(title);
    expect(text, "the page said that it was not done").toMatch(/^Not done/);
    return text;
  }

  /** Waits for a result of this title that says that it was done, and closes it. */
  async done(title: string | RegExp): Promise<string> {
    const text = await this.#result(title);
    expect(text, "the page said that it was done").toMatch(/^Done/);
    return text;
  }

  async #result(title: string | RegExp): Promise<string> {
    const toast = this.page.getByRole("listitem").filter({ hasText: /^(Done|Not done)/ }).filter({ hasText: title }).first();
    await expect(toast).toBeVisible();
    const text = (await toast.textContent()) ?? "";
    await toast.getByRole("button", { name: "Close" }).click();
    return text;
  }

  async faucet(): Promise<void> {
    await this.page.getByRole("button", { name: /^Faucet/ }).click();
    await this.done("Faucet");
  }

  async openAccount(): Promise<void> {
    await this.page.getByRole("button", { name: "Open an account" }).click();
    await this.done("Open an account");
  }

  /** `token`: another than the quote token. */
  async move(way: "Deposit" | "Withdraw", amount: string, token?: string): Promise<string> {
    await this.page.getByRole("button", { name: way, exact: true }).click();
    const dialog = this.page.getByRole("dialog", { name: way });
    if (token !== undefined) await dialog.getByLabel("Token").selectOption({ label: token });
    await dialog.getByLabel("Amount").fill(amount);
    await dialog.getByRole("button", { name: way, exact: true }).click();
    return this.done(way);
  }

  async take(side: "Buy" | "Sell", size: string): Promise<string> {
    await this.page.getByRole("radio", { name: new RegExp(`^${side}`) }).click();
    await this.page.getByLabel("Size", { exact: true }).fill(size);
    const button = this.page.getByRole("button", { name: new RegExp(`^${side} [\\d,.]+ `) });
    await expect(button).toBeEnabled();
    await button.click();
    return this.done(new RegExp(`${side} `));
  }

  figure(testId: string): Locator {
    return this.page.getByTestId(testId);
  }
}

/** The address of a key file: its last 32 bytes. */
function addressIn(file: string): string {
  return getAddressDecoder().decode(Uint8Array.from(JSON.parse(readFileSync(file, "utf8")) as number[]).slice(32));
}

/** A figure of the page as the integer that the program counts. */
export function atoms(text: string | null): bigint {
  return BigInt((text ?? "").replaceAll(",", "").replace(".", "").replace("−", "-").replace(/^\+/, ""));
}
