// Strict types everywhere: no `any`, no suppressed errors.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const FORBIDDEN = /(:\s*any\b|\bas any\b|<any\b|\bany\[\]|@ts-ignore|@ts-nocheck|@ts-expect-error)/;
const root = new URL("..", import.meta.url).pathname;
const found = [];
for (const folder of ["src", "e2e"]) {
  for (const entry of readdirSync(join(root, folder), { recursive: true })) {
    if (!/\.tsx?$/.test(entry)) continue;
    const lines = readFileSync(join(root, folder, entry), "utf8").split("\n");
    lines.forEach((line, index) => FORBIDDEN.test(line) && found.push(`${folder}/${entry}:${index + 1}: ${line.trim()}`));
  }
}
if (found.length > 0) {
  console.error(`Types that check nothing:\n${found.join("\n")}`);
  process.exit(1);
}
