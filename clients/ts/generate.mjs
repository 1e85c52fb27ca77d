// Writes src/generated: `npm run generate`, `cargo xtask clients`. With a folder as argument, into that folder.
//
// The interface comes from idl/firebreak.json through Codama. The IDL does not know what follows the header of an account with rows
// (the board's assets, a margin account's positions): those layouts are read from the program's own structs.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { rootNodeFromAnchor } from "@codama/nodes-from-anchor";
import { renderVisitor } from "@codama/renderers-js";
import { visit } from "@codama/visitors-core";

import { typesOf } from "./layouts.mjs";
import { budgets, errors, events } from "./tables.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const read = (path) => readFileSync(join(root, path), "utf8");

const idl = JSON.parse(read("idl/firebreak.json"));
const rows = typesOf(read, {
  "programs/firebreak/src/state/board.rs": ["AssetRow", "SideIndices"],
  "programs/firebreak/src/state/automatic.rs": ["AutomaticState"],
  "programs/firebreak/src/state/margin_account.rs": ["Position"],
});
// Codama has no renderer for events: as plain types they get their codecs, and `tables.mjs` their discriminators.
const described = { ...idl, events: [], types: [...idl.types, ...rows] };
await visit(
  rootNodeFromAnchor(described),
  renderVisitor(process.argv[2] ?? here, { syncPackageJson: false, formatCode: true, kitImportStrategy: "rootOnly" }),
);

const generated = join(process.argv[2] ?? here, "src/generated");
writeFileSync(join(generated, "events.ts"), events(idl));
writeFileSync(join(generated, "errorTable.ts"), errors(idl));
writeFileSync(join(generated, "budgets.ts"), budgets(idl, JSON.parse(read("docs/benchmarks/compute-units.json"))));

for (const entry of readdirSync(generated, { recursive: true })) {
  const path = join(generated, entry);
  if (statSync(path).isFile()) {
    writeFileSync(path, portable(readFileSync(path, "utf8"), dirname(path)));
  }
}

/** Full file names in imports, as Node wants them, and messages in production, too. */
function portable(source, folder) {
  const full = (_, before, path) => {
    const isFolder = statSync(join(folder, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
    return `${before}"${path === "." ? "./index.js" : isFolder ? `${path}/index.js` : `${path}.js`}"`;
  };
  return source
    .replaceAll(/(from )"(\.[^"]*?)(?:\.js)?"/g, full)
    // Its annotation is not what `extendClient` of kit 8.4 returns.
    .replace('): Omit<T, "firebreak"> & { firebreak: FirebreakPlugin } => {', ") => {")
    .replaceAll('process.env["NODE_ENV"] !== "production"', "firebreakErrorMessages !== null")
    .replace("let firebreakErrorMessages: Record<FirebreakError, string> | undefined;\nif (firebreakErrorMessages !== null) {", "let firebreakErrorMessages: Record<FirebreakError, string>;\n{");
}
