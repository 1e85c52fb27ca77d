// Prints what a browser downloads, gzipped, and fails above the limit. The WASM is counted apart.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT = 500_000;
const folder = new URL("../dist", import.meta.url).pathname;
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
let bundle = 0;
let wasm = 0;
for (const entry of files) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const size = gzipSync(readFileSync(path), { level: 9 }).length;
  if (entry.name.endsWith(".wasm")) wasm += size;
  else bundle += size;
  console.log(`${String(size).padStart(9)}  ${path.slice(folder.length + 1)}`);
}
console.log(`${String(bundle).padStart(9)}  bundle, gzipped, of ${LIMIT} allowed (fonts and styles included)`);
console.log(`${String(wasm).padStart(9)}  WebAssembly, gzipped`);
if (bundle > LIMIT) {
  console.error(`The bundle is ${bundle - LIMIT} bytes too large: find what grew above, and load it later or leave it out.`);
  process.exit(1);
}
