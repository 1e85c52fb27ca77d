import type { BreakerLevel, SetLevel } from "@firebreak/client/valuation";

import type { LevelCause, LevelSource } from "./views.ts";

function set(source: LevelSource, { level, until, reason }: SetLevel): LevelCause[] {
  return level === 0 ? [] : [{ source, level, until, reason }];
}

/** Everybody who asks for more than Normal in a market, the highest first. */
export function causesOf(own: BreakerLevel, all: BreakerLevel): LevelCause[] {
  const causes = [...set("global emergency", all.set.emergency), ...set("global standing", all.set.standing)];
  if (own !== all) {
    causes.push(...set("emergency", own.set.emergency), ...set("standing", own.set.standing));
    const { automatic, books } = own;
    if (automatic !== undefined && automatic.level > 0) causes.push({ source: "automatic", level: automatic.level, until: automatic.until, reason: 0 });
    if (books !== undefined && books > 0) causes.push({ source: "books", level: books, until: null, reason: 0 });
  }
  return causes.sort((one, other) => other.level - one.level);
}
