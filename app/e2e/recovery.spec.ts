import { Desk } from "./desk.ts";
import { expect, test } from "./network.ts";
import { registerWallet } from "./wallet-stand-in.ts";
import { Wire } from "./wire.ts";

test("any wallet of the standard works on a network that is not local; the RPC drops, the page says so and recovers", async ({ page, network }) => {
  const [rpc, ws] = [new Wire(Number(new URL(network.manifest.rpc).port)), new Wire(Number(new URL(network.manifest.ws).port))];
  await Promise.all([rpc.mend(), ws.mend()]);
  await registerWallet(page, "Stand-in");
  const desk = new Desk(page);
  await page.goto(`${network.page}/?rpc=http://127.0.0.1:${rpc.port}&ws=ws://127.0.0.1:${ws.port}#/trade`);
  await desk.live();

  await page.getByRole("button", { name: "Connect wallet" }).click();
  await expect(page.getByRole("button", { name: "Use the burner wallet" })).toHaveCount(0);
  await page.getByRole("button", { name: "Stand-in" }).click();
  const owner = await desk.address();
  await page.getByRole("button", { name: "Open an account" }).click();
  expect(await desk.refused("Open an account")).toContain("Add some");
  await network.faucet(owner, 4_000_000_000n);
  await desk.openAccount();
  await desk.move("Deposit", "1500");
  await expect(desk.figure("equity")).toHaveText("1,500.00");

  await Promise.all([rpc.cut(), ws.cut()]);
  await expect(page.getByRole("alert").filter({ hasText: "Stale: nothing heard for" })).toBeVisible();
  await expect(desk.figure("live-state")).toHaveAttribute("data-phase", "down");
  await network.setPrice(0, "147.25");
  await expect(desk.figure("mark")).toHaveText("150.00");
  await page.getByLabel("Size", { exact: true }).fill("1");
  await expect(page.getByRole("button", { name: /^Buy 1\.00/ })).toBeDisabled();

  await Promise.all([rpc.mend(), ws.mend()]);
  await desk.live();
  await expect(page.getByRole("alert").filter({ hasText: "Stale" })).toHaveCount(0);
  await expect(desk.figure("mark")).toHaveText("147.25");
  await desk.move("Deposit", "500");
  await expect(desk.figure("equity")).toHaveText("2,000.00");
  await Promise.all([rpc.cut(), ws.cut()]);
});

test("without the subscription alone, the page still follows", async ({ page, network }) => {
  const ws = new Wire(Number(new URL(network.manifest.ws).port));
  await ws.mend();
  const desk = new Desk(page);
  await page.goto(`${network.page}/?rpc=${network.manifest.rpc}&ws=ws://127.0.0.1:${ws.port}#/trade`);
  await desk.live();
  await ws.cut();
  await network.setPrice(0, "148.50");
  await expect(desk.figure("mark")).toHaveText("148.50");
});
