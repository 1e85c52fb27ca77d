/** "1 d 04 h", "2 h 05 min", "4 min 09 s", "12 s": two units at most, of equal width while it counts down. */
export function duration(seconds: bigint | number): string {
  const total = Math.max(0, Number(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [days, hours] = [Math.floor(total / 86_400), Math.floor((total % 86_400) / 3_600)];
  const [minutes, rest] = [Math.floor((total % 3_600) / 60), total % 60];
  if (days > 0) return `${days} d ${two(hours)} h`;
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${two(rest)} s`;
  return `${rest} s`;
}

/** A time of the chain in the reader's own zone. */
export function moment(unixSeconds: bigint): string {
  return new Date(Number(unixSeconds) * 1_000).toLocaleString("en-GB", {
    day: "2-digit", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false,
  });
}

export function clockTime(unixSeconds: bigint): string {
  return new Date(Number(unixSeconds) * 1_000).toLocaleTimeString("en-GB", { hour12: false });
}
