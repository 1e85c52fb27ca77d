import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { clockTime } from "../format/times.ts";
import { colour, useTheme } from "../theme/use-theme.ts";

/** One line over time: unix seconds, values for pixels. */
export interface Series {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** Room above and below, also where nothing moves. */
function padded(least: number, most: number): [number, number] {
  const room = Math.max((most - least) * 0.2, Math.abs(most) * 0.002, 1e-6);
  return [least - room, most + room];
}

/** A stepped line over time: what holds until it changes. */
export function LinesChart(props: { series: Series; label: string; format: (value: number) => string; height: number }) {
  const { series, label, format, height } = props;
  const box = useRef<HTMLDivElement>(null);
  const { theme } = useTheme();
  useEffect(() => {
    const parent = box.current;
    if (parent === null) return;
    const axis = { stroke: colour("ink-faint"), grid: { stroke: colour("rule"), width: 1 }, ticks: { show: false }, font: `11px ${getComputedStyle(document.body).fontFamily}` };
    const plot = new uPlot(
      {
        width: parent.clientWidth,
        height,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        padding: [12, 30, 0, 0],
        axes: [{ ...axis, size: 26, space: 90, values: (_, ticks) => ticks.map((tick) => clockTime(BigInt(Math.round(tick)))) }, { ...axis, size: 76, values: (_, ticks) => ticks.map(format) }],
        scales: { y: { range: (_, least, most) => padded(least, most) } },
        series: [{}, { stroke: colour("accent"), width: 2, fill: `${colour("accent")}1a`, ...(uPlot.paths.stepped === undefined ? {} : { paths: uPlot.paths.stepped({ align: 1 }) }), points: { show: series.times.length < 30, size: 5, fill: colour("accent") } }],
      },
      [[...series.times], [...series.values]],
      parent,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [series, format, height, theme]);
  return <div ref={box} role="img" aria-label={label} style={{ height }} />;
}
