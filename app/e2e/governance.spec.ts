import { Desk } from "./desk.ts";
import { expect, test } from "./network.ts";

test("the authority proposes, everybody sees it, the guardian vetoes", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page, "governance");
  await desk.connectKey(network.manifest.keys.authority);
  await page.getByRole("button", { name: "Draft a proposal" }).click();
  await page.getByLabel(/^New Initial ratio/).fill("9");
  await expect(page.getByRole("row", { name: /Initial ratio 10\.00 % 9\.00 % Loosening/ })).toBeVisible();

  await page.getByRole("button", { name: "Export for a multisig" }).click();
  await expect(page.getByLabel("Message, base58")).not.toHaveValue("");
  await expect(page.getByLabel("Transaction, base64")).not.toHaveValue("");
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Propose", exact: true }).click();
  expect(await desk.done("Propose")).toContain("A loosening");
  const proposal = page.getByTestId("proposal-0");
  await expect(proposal).toContainText("Waiting");
  await expect(proposal).toContainText("may take effect in 1 d 23 h");
  await expect(proposal.getByRole("button", { name: "Put in force" })).toBeDisabled();

  await desk.connectKey(network.manifest.keys.guardian);
  await proposal.getByRole("button", { name: "Veto" }).click();
  await desk.done("Veto proposal 0");
  await expect(proposal).toContainText("Vetoed");
});

test("a tightening takes effect at once; a loosening after its delay", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page, "governance");
  await desk.connectKey(network.manifest.keys.authority);
  await page.getByRole("button", { name: "Draft a proposal" }).click();
  await page.getByLabel(/^New Initial ratio/).fill("11.00");
  await page.getByRole("button", { name: "Propose", exact: true }).click();
  expect(await desk.done("Propose")).toContain("A tightening");
  await page.getByTestId("proposal-0").getByRole("button", { name: "Put in force" }).click();
  await desk.done("Proposal 0");
  await expect(page.getByTestId("proposal-0")).toContainText("In force");
  await expect(page.getByRole("row", { name: /^Initial ratio 11\.00 %/ })).toBeVisible();

  await page.getByLabel(/^New Initial ratio/).fill("10.5");
  await page.getByRole("button", { name: "Propose", exact: true }).click();
  await desk.done("Propose");
  const loosening = page.getByTestId("proposal-1");
  await expect(loosening.getByRole("button", { name: "Put in force" })).toBeDisabled();
  await network.advance(2 * 86_400);
  await expect(loosening).toContainText("May take effect");
  await loosening.getByRole("button", { name: "Put in force" }).click();
  await desk.done("Proposal 1");
  await expect(page.getByRole("row", { name: /^Initial ratio 10\.50 %/ })).toBeVisible();
});

test("the guardian trips a breaker, and every page shows it", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page, "governance");
  await desk.connectKey(network.manifest.keys.guardian);
  await page.getByLabel("Market", { exact: true }).selectOption({ label: "SOL" });
  await page.getByLabel("Level", { exact: true }).selectOption({ label: "Reduce only" });
  await page.getByLabel(/^Reason/).fill("7");
  await page.getByRole("button", { name: /^Trip SOL/ }).click();
  await desk.done("Trip SOL");
  await desk.go("Risk");
  await expect(page.getByTestId("breaker-SOL")).toContainText("Reduce only");
  await expect(page.getByTestId("breaker-SOL")).toContainText("reason 7");
  await expect(page.getByTestId("breaker-SOL")).toContainText(/1[34] min \d\d s left/);
  await desk.go("Trade");
  await expect(page.getByText(/^Reduce only, 1[34] min/)).toBeVisible();
});

test("the automatic breaker trips when a price falls far", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page, "risk");
  await expect(page.getByTestId("breaker-SOL")).toContainText("Normal");
  for (const price of ["140.00", "132.00", "125.00"]) await network.setPrice(0, price);
  await expect(page.getByTestId("breaker-SOL")).toContainText("Automatic");
  await expect(page.getByTestId("breaker-SOL")).not.toContainText("Normal");
});
