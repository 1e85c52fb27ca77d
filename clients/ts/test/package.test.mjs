// What npm packs works where it is installed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const npm = (words, cwd) => execFileSync("npm", words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

test("the packed package installs from a folder, derives addresses and values accounts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "firebreak-client-"));
  try {
    const [{ filename, files }] = JSON.parse(npm(["pack", "--json", "--pack-destination", folder], here));
    const packed = files.map(({ path }) => path);
    for (const needed of ["dist/index.js", "dist/index.d.ts", "dist/valuation/index.js", "wasm/firebreak_risk_wasm_bg.wasm"]) {
      assert.ok(packed.includes(needed), `${needed} is not packed`);
    }
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "page", private: true, type: "module" }));
    // Its one dependency, from what is installed here: no registry is asked.
    npm(["install", "--no-save", "--offline", "--legacy-peer-deps", "--no-audit", "--no-fund", join(folder, filename)], folder);
    await symlink(join(here, "node_modules"), join(folder, "node_modules/@firebreak/client/node_modules"));
    await writeFile(join(folder, "page.mjs"), PAGE);
    const said = execFileSync("node", ["page.mjs"], { cwd: folder, encoding: "utf8" });
    const { board, rules, problem } = JSON.parse(said);
    const { addressesOf } = await import("../dist/index.js");
    assert.equal(board, (await addressesOf(1)).board);
    assert.ok(rules > 10);
    assert.match(problem, /4 were passed/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

const PAGE = `
import { readFile } from "node:fs/promises";
import { addressesOf } from "@firebreak/client";
import { loadValuation, VALUATION_WASM } from "@firebreak/client/valuation";

const { board } = await addressesOf(1);
const valuation = await loadValuation(await readFile(VALUATION_WASM));
let problem = "";
try {
  valuation.report(new Uint8Array(4), new Uint8Array(4));
} catch (error) {
  problem = error.message;
}
console.log(JSON.stringify({ board, rules: valuation.rules("asset").length, problem }));
`;

test("no registry is named in what is committed", async () => {
  const lock = await readFile(join(here, "package-lock.json"), "utf8");
  assert.doesNotMatch(lock, /"resolved"/);
});
